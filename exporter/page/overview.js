import { follow } from './api.js';
import { byId, guarded, h, keyedList, setText } from './dom.js';
import { showFavicon } from './favicon.js';
import { bound, clock, secondsSince, span } from './format.js';
import { iconSlot } from './icons.js';
import { createReleases } from './releases.js';
import { addressOf, stateOf } from './targets.js';
import { reasonName } from './words.js';

const silenceMs = 5000;
const retryMs = 2000;
/** As many are told by name in the heading; the cards tell of all. */
const named = 5;
const root = document.documentElement;

/** What needs a person comes first. */
const urgency = [
  'red',
  'stale',
  'unreachable',
  'yellow',
  'locked',
  'disabled',
  'warming',
  'connecting',
  'green',
];
const well = ['green', 'warming', 'connecting'];
const words = { unreachable: 'no answer', locked: 'key needed', connecting: 'connecting…' };
const wordOf = (state) => words[state] ?? state;
const rank = (target) => (urgency.indexOf(stateOf(target)) + urgency.length + 1) % (urgency.length + 1);

/** The sentence that says most about a service now. */
function sentenceOf(target) {
  if (target.link !== 'live') return target.detail ?? '';
  if (target.reason) return `${reasonName(target.reason.code)}: ${target.reason.detail}`;
  if (target.state === 'disabled') return 'Switched off by its feature flag.';
  return target.state === 'green' && target.idle ? 'All quiet.' : '';
}

function sinceOf(target, now) {
  if (target.link === 'live') return `for ${span(secondsSince(target.since, now))}`;
  const { last, age_seconds: age } = target;
  if (!last) return '';
  const points = typeof last.score === 'number' ? ` ${Math.round(last.score)}` : '';
  return `for ${span(age)}, last known ${last.state}${points}`;
}

function createCard({ target: { name } }) {
  const mark = iconSlot('icon');
  const state = h('span', { class: 'card-state' });
  const since = h('span', { class: 'card-since' });
  const score = h('span', { class: 'card-score' });
  const sentence = h('p', { class: 'card-sentence', dir: 'auto' });
  const about = h('p', { class: 'detail', dir: 'auto' });
  const node = h(
    'li',
    { class: 'card service-card' },
    h(
      'div',
      { class: 'card-top' },
      mark.node,
      h('h2', {}, h('a', { href: addressOf({ name }), dir: 'auto' }, name)),
      score,
    ),
    h('p', { class: 'card-line' }, state, ' ', since),
    sentence,
    about,
  );
  return {
    node,
    update({ target, now }) {
      const shown = stateOf(target);
      node.dataset.state = shown;
      mark.show(shown);
      setText(state, wordOf(shown));
      setText(since, sinceOf(target, now));
      setText(
        score,
        target.link === 'live' && typeof target.score === 'number' ? Math.round(target.score) : '',
      );
      setText(sentence, bound(sentenceOf(target)));
      const facts = [target.service !== name && target.service, target.version, target.track, target.url];
      setText(about, facts.filter(Boolean).join(' · '));
    },
  };
}

const cards = keyedList(byId('services'), ({ target }) => target.name, createCard, 'There are no services.');
const releases = createReleases();
const drawReleases = guarded(byId('releases').closest('section'), releases.update);
const before = new Map();
let seenAt;

/** A screen reader hears which services changed, and nothing while all is as it was. */
function announce(targets) {
  const changed = targets.filter(
    (target) => before.has(target.name) && before.get(target.name) !== stateOf(target),
  );
  for (const target of targets) before.set(target.name, stateOf(target));
  if (changed.length === 0) return;
  setText(
    byId('announce'),
    changed.map((target) => `${target.name} is ${wordOf(stateOf(target))}.`).join(' '),
  );
}

const draw = guarded(byId('main'), ({ timestamp, targets }) => {
  const now = Date.parse(timestamp);
  const sorted = targets.toSorted((a, b) => rank(a) - rank(b));
  cards(sorted.map((target) => ({ target, now })));
  const ill = sorted.filter((target) => !well.includes(stateOf(target)));
  const worst = sorted.length === 0 ? 'loading' : stateOf(sorted[0]);
  const tally = ill.length === 0 ? `${targets.length} well` : `${ill.length} of ${targets.length} not well`;
  const more = ill.length > named ? ` and ${ill.length - named} more` : '';
  const who = ill.slice(0, named).map(({ name }) => name);
  root.dataset.state = worst;
  setText(byId('tally'), who.length === 0 ? tally : `${tally}: ${who.join(', ')}${more}`);
  document.title = `${tally} · Selfcheer`;
  showFavicon(worst);
  setText(byId('foot'), `Updated ${clock(now)}`);
  announce(targets);
});

function onTargets(data) {
  seenAt = Date.now();
  root.dataset.link = 'live';
  setText(byId('link-text'), 'Live');
  byId('banner').hidden = true;
  draw(data);
  drawReleases(data.latest_release, Date.parse(data.timestamp));
}

/** Without the sidecar nothing here is known: no state is shown as if it still held. */
function goStale() {
  root.dataset.link = 'stale';
  setText(byId('link-text'), 'Stale');
  byId('banner').hidden = false;
  const since =
    seenAt === undefined ? '' : ` since ${clock(seenAt)}, ${span((Date.now() - seenAt) / 1000)} ago`;
  setText(byId('banner'), `This sidecar does not answer: everything here is stale${since}. Reconnecting…`);
  document.title = 'stale · Selfcheer';
  showFavicon('stale');
  for (const card of byId('services').children) {
    card.dataset.state = 'stale';
    setText(card.querySelector('.card-state'), 'stale');
    setText(card.querySelector('.card-score'), '');
    setText(card.querySelector('.card-since'), '');
  }
}

async function run() {
  for (;;) {
    try {
      await follow('/api/v1/targets/stream', {
        silenceMs,
        onEvent: (name, data) => name === 'targets' && onTargets(data),
        onId: () => {},
      });
    } catch {
      // Whatever it was: it is said below, and tried again.
    }
    goStale();
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

setInterval(() => {
  if (root.dataset.link === 'stale' || (seenAt !== undefined && Date.now() - seenAt > silenceMs)) goStale();
}, 1000);
void run();
