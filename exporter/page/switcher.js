import { base, getTargets } from './api.js';
import { byId, h, keyedList, setAttribute, setText } from './dom.js';
import { span } from './format.js';
import { iconSlot } from './icons.js';
import { addressOf, stateOf } from './targets.js';

const everyMs = 3000;
const name = decodeURIComponent(base.slice('/targets/'.length));

function createLink(target) {
  const mark = iconSlot('icon');
  const state = h('span', { class: 'unseen' });
  const node = h(
    'a',
    { href: addressOf(target), class: 'choice', 'aria-current': target.name === name && 'page' },
    mark.node,
    h('span', { class: 'choice-name', dir: 'auto' }, target.name),
    state,
  );
  return {
    node,
    update(next) {
      const shown = stateOf(next);
      node.dataset.state = shown;
      mark.show(shown);
      const age = typeof next.age_seconds === 'number' ? ` for ${span(next.age_seconds)}` : '';
      setText(state, `, ${shown}`);
      setAttribute(node, 'title', `${next.name}: ${shown}${shown === 'stale' ? age : ''}`);
    },
  };
}

/** On a sidecar's page: links to the other services with their states, and what the sidecar knows of this one. */
export function createSwitcher() {
  const nav = byId('switcher');
  const list = h('span', { class: 'choices' });
  const links = keyedList(list, (target) => target.name, createLink);
  nav.append(h('a', { href: '/', class: 'choice' }, 'All services'), list);
  nav.hidden = false;
  let own;
  const look = async () => {
    try {
      const targets = await getTargets();
      links(targets);
      own = targets.find((target) => target.name === name);
    } catch {
      // The page's own connection goes through the same sidecar and says so.
    }
    setTimeout(look, everyMs);
  };
  void look();
  return {
    name,
    lastKnown: () => (own?.last ? { ...own.last, at: Date.now() - own.age_seconds * 1000 } : undefined),
  };
}
