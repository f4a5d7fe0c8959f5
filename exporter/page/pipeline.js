import { byId, h, keyedList, setAttribute, setText, setVar } from './dom.js';
import { count, exact, rate, seconds } from './format.js';
import { createHistory } from './history.js';

const tasks = {
  ingest: 'read and check',
  commit: 'sync to disk, then acknowledge',
  enrich: 'add facts',
  publish: 'send, await the broker',
};

/** 10 µs to 100 s on a logarithmic scale, as 0 to 1. */
const logShare = (value) => (value > 0 ? Math.max(0.01, Math.min(1, (Math.log10(value) + 5) / 7)) : 0);

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

function createStage({ stage: { name } }) {
  const figure = h('span', { class: 'stage-rate' });
  const total = h('p', { class: 'stage-total' });
  const history = createHistory();
  const rows = ['p50', 'p90', 'p99'].map((quantile) => [quantile, createLatencyRow(quantile)]);
  const list = h('dl', { class: 'latencies' }, ...rows.flatMap(([, row]) => row.nodes));
  const node = h(
    'li',
    { class: 'stage' },
    h('h3', { class: 'stage-name', dir: 'auto' }, name),
    h('p', { class: 'stage-task' }, tasks[name] ?? ''),
    h('p', { class: 'stage-figure' }, figure, h('span', { class: 'unit' }, ' /s')),
    history.node,
    list,
    total,
  );
  return {
    node,
    update({ stage, now }) {
      node.dataset.flowing = stage.rate_per_second > 0;
      setText(figure, rate(stage.rate_per_second));
      setText(total, `${count(stage.total)} since the start`);
      setAttribute(total, 'title', exact(stage.total));
      history.add(now, stage.rate_per_second);
      for (const [quantile, row] of rows) row.update(stage.latency?.[`${quantile}_seconds`]);
    },
  };
}

/** The stages in the order in which events flow; a service without stages has no such section. */
export function createPipeline() {
  const list = byId('stages');
  const stages = keyedList(list, ({ stage }) => stage.name, createStage);
  return ({ pipeline }, now) => {
    list.closest('section').hidden = pipeline.stages.length === 0;
    stages(pipeline.stages.map((stage) => ({ stage, now })));
  };
}
