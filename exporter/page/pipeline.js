import { byId, h, keyedList, s, setAttribute, setText, setVar } from './dom.js';
import { budget, bytes, count, exact, nines, percent, rate, seconds, secondsSince, span } from './format.js';
import { iconSlot } from './icons.js';

const samplesKept = 90;
const tasks = {
  ingest: 'read and check',
  commit: 'sync to disk, then acknowledge',
  enrich: 'add facts',
  publish: 'send, await the broker',
};

/** 10 µs to 100 s on a logarithmic scale, as 0 to 1. */
const logShare = (value) => (value > 0 ? Math.max(0.01, Math.min(1, (Math.log10(value) + 5) / 7)) : 0);

function createSparkline() {
  const samples = [];
  const line = s('polyline', { class: 'spark-line' });
  const area = s('polygon', { class: 'spark-area' });
  const view = {
    class: 'spark',
    viewBox: `0 0 ${samplesKept - 1} 30`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  };
  return {
    node: s('svg', view, area, line),
    add(value) {
      samples.push(value);
      if (samples.length > samplesKept) samples.shift();
      const top = Math.max(...samples, 1);
      const first = samplesKept - samples.length;
      const points = samples.map(
        (sample, index) => `${first + index},${(29 - (sample / top) * 26).toFixed(1)}`,
      );
      setAttribute(line, 'points', points.join(' '));
      setAttribute(area, 'points', `${first},30 ${points.join(' ')} ${samplesKept - 1},30`);
    },
  };
}

function createLatencyRow(name) {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  const value = h('dd');
  return {
    nodes: [h('dt', {}, name), bar, value],
    update(measured) {
      setVar(bar, '--fill', measured === undefined ? 0 : logShare(measured));
      setText(value, seconds(measured));
    },
  };
}

function createStage({ name }) {
  const figure = h('span', { class: 'stage-rate' });
  const total = h('p', { class: 'stage-total' });
  const spark = createSparkline();
  const rows = ['p50', 'p90', 'p99'].map((quantile) => [quantile, createLatencyRow(quantile)]);
  const list = h('dl', { class: 'latencies' }, ...rows.flatMap(([, row]) => row.nodes));
  const node = h(
    'li',
    { class: 'stage' },
    h('h3', { class: 'stage-name' }, name),
    h('p', { class: 'stage-task' }, tasks[name] ?? ''),
    h('p', { class: 'stage-figure' }, figure, h('span', { class: 'unit' }, ' /s')),
    spark.node,
    list,
    total,
  );
  return {
    node,
    update(stage) {
      node.dataset.flowing = stage.rate_per_second > 0;
      setText(figure, rate(stage.rate_per_second));
      setText(total, `${count(stage.total)} since the start`);
      setAttribute(total, 'title', exact(stage.total));
      spark.add(stage.rate_per_second);
      for (const [quantile, row] of rows) row.update(stage.latency?.[`${quantile}_seconds`]);
    },
  };
}

function createQueue({ name, unit }) {
  const show = unit === 'bytes' ? bytes : count;
  const share = h('span', { class: 'row-figure' });
  const bar = h('span', {
    class: 'bar marked',
    role: 'meter',
    'aria-label': `${name} queue`,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  const depth = h('span');
  const age = h('span', { class: 'row-age' });
  const note = h('p', { class: 'detail' }, depth, age);
  const node = h('li', { class: 'row' }, h('span', { class: 'row-name' }, name), share, bar, note);
  return {
    node,
    update(queue) {
      const over = queue.saturation_ratio >= queue.ceiling_ratio;
      const late = queue.age_target_seconds !== null && queue.oldest_age_seconds > queue.age_target_seconds;
      node.dataset.ok = !over;
      node.dataset.late = late;
      setText(share, percent(queue.saturation_ratio) + (over ? ' over the ceiling' : ''));
      setVar(bar, '--fill', Math.min(1, queue.saturation_ratio));
      setVar(bar, '--mark', Math.min(1, queue.ceiling_ratio));
      setAttribute(bar, 'aria-valuenow', Math.round(queue.saturation_ratio * 100));
      const oldest =
        queue.oldest_age_seconds === null ? '' : ` · oldest ${seconds(queue.oldest_age_seconds)}`;
      const target = late ? `, target ${seconds(queue.age_target_seconds)}` : '';
      setText(depth, `${show(queue.depth)} of ${show(queue.capacity)}${unit === 'events' ? ' events' : ''}`);
      setText(age, oldest + target);
    },
  };
}

function createBreaker({ breaker: { downstream } }) {
  const mark = iconSlot('icon');
  const state = h('span', { class: 'breaker-state' });
  const node = h(
    'li',
    { class: 'breaker' },
    mark.node,
    h('span', { class: 'breaker-name', dir: 'auto' }, downstream),
    state,
  );
  return {
    node,
    update({ breaker, now }) {
      node.dataset.breaker = breaker.state;
      mark.show(breaker.state);
      setText(state, `${breaker.state.replace('_', ' ')} for ${span(secondsSince(breaker.since, now))}`);
    },
  };
}

/** One small cell a lane: how much waits in it, and whether it moves. */
function createLanes(container) {
  const summary = h('p', { class: 'detail' });
  const why = h('p', { class: 'detail', dir: 'auto' });
  const strip = h('ul', { class: 'lanes', 'aria-hidden': 'true' });
  const cells = keyedList(
    strip,
    ({ lane }) => lane,
    () => {
      const node = h('li', { class: 'lane' });
      return {
        node,
        update(lane) {
          node.dataset.lane = lane.state;
          setAttribute(node, 'title', `lane ${lane.lane}: ${exact(lane.pending)} pending, ${lane.state}`);
        },
      };
    },
  );
  container.append(strip, summary, why);
  return (lanes) => {
    container.hidden = lanes.length === 0;
    cells(lanes);
    const states = ['sending', 'waiting', 'idle']
      .map((state) => [state, lanes.filter((lane) => lane.state === state).length])
      .filter(([, amount]) => amount > 0)
      .map(([state, amount]) => `${amount} ${state}`);
    const pending = lanes.reduce((sum, lane) => sum + lane.pending, 0);
    setText(
      summary,
      `${lanes.length} ${lanes.length === 1 ? 'lane' : 'lanes'}: ${states.join(', ')} · ${count(pending)} ${pending === 1 ? 'event' : 'events'} pending`,
    );
    setText(why, lanes.find((lane) => lane.state === 'waiting' && lane.detail !== null)?.detail ?? '');
  };
}

function createSlo({ name }) {
  const left = h('span', { class: 'row-figure' });
  const bar = h('span', {
    class: 'bar budget',
    role: 'meter',
    'aria-label': `${name}: budget left`,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  const description = h('p', { class: 'detail', dir: 'auto' });
  const figures = h('p', { class: 'detail' });
  const node = h(
    'li',
    { class: 'row' },
    h('span', { class: 'row-name', dir: 'auto' }, name),
    left,
    bar,
    description,
    figures,
  );
  return {
    node,
    update(slo) {
      const remaining = slo.budget_remaining_ratio;
      node.dataset.ok = remaining > 0.1;
      setText(left, remaining < 0 ? budget(remaining) : `${budget(remaining)} left`);
      setVar(bar, '--fill', Math.max(0, Math.min(1, remaining)));
      setAttribute(bar, 'aria-valuenow', Math.round(Math.max(0, Math.min(1, remaining)) * 100));
      setText(description, slo.description);
      const seen = slo.good + slo.bad;
      const actual = seen
        ? `${nines(slo.good_ratio)} good of ${count(seen)}, ${count(slo.bad)} bad`
        : 'no events';
      setText(figures, `${actual} in ${span(slo.window_seconds)} · objective ${nines(slo.objective_ratio)}`);
    },
  };
}

const tiles = [
  ['CPU', (r) => (r.cpu_cores === null ? null : `${r.cpu_cores.toFixed(2)} cores`)],
  ['Memory', (r) => r.rss_bytes !== null && bytes(r.rss_bytes)],
  [
    'Heap',
    (r) => r.heap_used_bytes !== null && bytes(r.heap_used_bytes),
    (r) => r.heap_limit_bytes && `of ${bytes(r.heap_limit_bytes)}`,
  ],
  ['Event loop p99', (r) => r.event_loop_lag_seconds !== null && seconds(r.event_loop_lag_seconds)],
  [
    'Store',
    (r) => r.store_bytes !== null && bytes(r.store_bytes),
    (r) => r.store_quota_bytes && `of ${bytes(r.store_quota_bytes)}`,
  ],
  ['Disk free', (r) => r.disk_free_bytes !== null && bytes(r.disk_free_bytes)],
];

function createTile({ name }) {
  const value = h('dd');
  const note = h('dd', { class: 'detail' });
  return {
    node: h('div', { class: 'tile' }, h('dt', {}, name), value, note),
    update(tile) {
      setText(value, tile.value);
      setText(note, tile.note || '');
    },
  };
}

export function createPipeline() {
  const stages = keyedList(byId('stages'), ({ name }) => name, createStage, 'No stage reports yet.');
  const queues = keyedList(byId('queues'), ({ name }) => name, createQueue, 'No queue reports yet.');
  const breakers = keyedList(
    byId('breakers'),
    ({ breaker }) => breaker.downstream,
    createBreaker,
    'No downstream has a breaker.',
  );
  const lanes = createLanes(byId('lanes'));
  const slos = keyedList(byId('slos'), ({ name }) => name, createSlo, 'No SLO reports yet.');
  const resources = keyedList(byId('resources'), ({ name }) => name, createTile);
  return (summary, now) => {
    stages(summary.pipeline.stages);
    queues(summary.pipeline.queues);
    breakers(summary.pipeline.breakers.map((breaker) => ({ breaker, now })));
    lanes(summary.pipeline.lanes);
    slos(summary.slos);
    const shown = tiles
      .map(([name, value, note]) => ({
        name,
        value: value(summary.resources),
        note: note?.(summary.resources),
      }))
      .filter((tile) => tile.value);
    resources(shown);
    byId('resources').closest('section').hidden = shown.length === 0;
  };
}
