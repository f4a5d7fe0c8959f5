import { byId, h, keyedList, s, setAttribute, setText } from './dom.js';
import { coarse, moment, secondsSince } from './format.js';
import { icon } from './icons.js';
import { eventDetail } from './words.js';

const kept = 200;
const hour = 3_600_000;
const onThisMachine = /^(localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname);
const heights = { green: 7, warming: 12, disabled: 12, yellow: 18, red: 28 };

function createRow({ event }) {
  const when = h('time', { datetime: event.at });
  const age = h('span', { class: 'event-age' });
  const node = h(
    'li',
    { class: 'event' },
    icon(event.kind === 'state' ? event.state : event.phase === 'recovered' ? 'ok' : event.kind),
    h(
      'span',
      { class: 'event-text' },
      h('strong', { dir: 'auto' }, event.title),
      h('span', { class: 'detail', dir: 'auto' }, eventDetail(event, onThisMachine)),
    ),
    h('span', { class: 'event-when' }, when, age),
  );
  node.dataset.kind = event.kind;
  if (event.state) node.dataset.eventState = event.state;
  if (event.phase) node.dataset.phase = event.phase;
  return {
    node,
    update({ now }) {
      setText(when, moment(event.at, now));
      setText(age, `${coarse(secondsSince(event.at, now))} ago`);
    },
  };
}

/** Which state held when, over the last hour; the stretch before the first known change stays empty. */
function drawTimeline(container, events, now) {
  const changes = events
    .filter((event) => event.kind === 'state')
    .map((event) => ({ state: event.state, at: Date.parse(event.at) }));
  const share = (at) => Math.max(0, (at - (now - hour)) / hour) * 600;
  const bars = changes
    .map((change, index) => ({ ...change, end: changes[index + 1]?.at ?? now }))
    .filter(({ end }) => end > now - hour)
    .map(({ state, at, end }) => {
      const height = heights[state] ?? 12;
      const width = Math.max(1.5, share(end) - share(at));
      return s('rect', {
        x: share(at).toFixed(1),
        y: 30 - height,
        width: width.toFixed(1),
        height,
        class: `band ${state}`,
      });
    });
  const spoken =
    changes.length === 0
      ? 'No state change is known.'
      : `${changes.length} state changes are known; the last one was to ${changes.at(-1).state}.`;
  container.replaceChildren(
    s(
      'svg',
      {
        class: 'timeline',
        viewBox: '0 0 600 30',
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': spoken,
      },
      ...bars,
    ),
    h(
      'p',
      { class: 'timeline-axis', 'aria-hidden': 'true' },
      h('span', {}, '1 h ago'),
      h('span', {}, '30 min'),
      h('span', {}, 'now'),
    ),
  );
}

export function createEvents() {
  const list = byId('events');
  const rows = keyedList(list, ({ event }) => event.sequence, createRow, 'Nothing yet: no change, no miss.');
  const known = new Map();
  return {
    add(events) {
      for (const event of events) known.set(event.sequence, event);
      for (const sequence of [...known.keys()].sort((a, b) => b - a).slice(kept)) known.delete(sequence);
    },
    /** The service's ring is younger than what we know: its store is another one. */
    clearIfNewer(latestSequence) {
      if (Math.max(0, ...known.keys()) > latestSequence) known.clear();
    },
    draw(now) {
      const newestFirst = [...known.values()].sort((a, b) => b.sequence - a.sequence);
      rows(newestFirst.map((event) => ({ event, now })));
      setAttribute(list, 'tabindex', list.scrollHeight > list.clientHeight ? 0 : null);
      drawTimeline(byId('timeline'), newestFirst.toReversed(), now);
    },
  };
}
