import { byId, h, keyedList, setText } from './dom.js';
import { bytes, isKnown, percent, rate, seconds } from './format.js';
import { createHistory } from './history.js';
import { hasPipeline } from './words.js';

const resource = (name) => (summary) => summary.resources[name];
const latency = ({ cheer }) => cheer.conditions.find(({ name }) => name === 'latency');
const cores = (value) => `${value.toFixed(2)} cores`;
const of = (limit) => (isKnown(limit) ? `of ${bytes(limit)}` : '');

/** Settled batches a second, of two summaries: a service without stages counts each request as one. */
function throughput() {
  let before;
  return (summary, now) => {
    if (hasPipeline(summary)) return undefined;
    const settled = summary.cheer.cheers_total + summary.cheer.misses_total;
    const last = before;
    before = { settled, now };
    // A counter that fell belongs to a process that was started anew.
    if (!last || now <= last.now || settled < last.settled) return undefined;
    return ((settled - last.settled) / (now - last.now)) * 1000;
  };
}

/** What is shown, in order: a figure of the summary, how it reads, and what stands beside its peak. */
const vitals = () => [
  { name: 'Throughput', figure: throughput(), show: (value) => `${rate(value)} /s` },
  {
    name: 'Latency p90',
    figure: (summary) => latency(summary)?.figure,
    show: seconds,
    note: (summary) => `target ${seconds(latency(summary)?.limit)}`,
  },
  { name: 'CPU', figure: resource('cpu_cores'), show: cores },
  { name: 'Memory', figure: resource('rss_bytes'), show: bytes },
  {
    name: 'Heap',
    figure: resource('heap_used_bytes'),
    show: bytes,
    note: ({ resources }) => of(resources.heap_limit_bytes),
    hasPeak: false,
  },
  { name: 'Event loop p99', figure: resource('event_loop_lag_seconds'), show: seconds },
  {
    name: 'GC pause p99',
    figure: resource('gc_pause_p99_seconds'),
    show: seconds,
    note: ({ resources }) =>
      isKnown(resources.gc_time_ratio) ? `${percent(resources.gc_time_ratio)} of the time` : '',
  },
  {
    name: 'Store',
    figure: resource('store_bytes'),
    show: bytes,
    note: ({ resources }) => of(resources.store_quota_bytes),
    hasPeak: false,
  },
  { name: 'Disk free', figure: resource('disk_free_bytes'), show: bytes, hasPeak: false },
];

function createTile({ name, line }) {
  const value = h('dd', { class: 'tile-value' });
  const note = h('dd', { class: 'detail' });
  return {
    node: h('div', { class: 'tile' }, h('dt', {}, name), value, h('dd', {}, line), note),
    update(tile) {
      setText(value, tile.text);
      setText(note, tile.note);
    },
  };
}

/** Figures of the process, each with what this page has seen of it; what a platform does not tell is not shown. */
export function createVitals() {
  const list = byId('vitals');
  const tiles = keyedList(list, ({ name }) => name, createTile);
  const seen = vitals().map((vital) => ({ ...vital, history: createHistory() }));
  return (summary, now) => {
    const shown = seen.flatMap(({ name, figure, show, note, hasPeak = true, history }) => {
      const value = figure(summary, now);
      history.add(now, value);
      if (history.peak === undefined) return [];
      const notes = [note?.(summary), hasPeak && `peak ${show(history.peak)}`];
      const text = isKnown(value) ? show(value) : '–';
      return { name, text, line: history.node, note: notes.filter(Boolean).join(' · ') };
    });
    tiles(shown);
    list.closest('section').hidden = shown.length === 0;
  };
}
