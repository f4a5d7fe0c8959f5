import { byId, h, keyedList, listOf, setAttribute, setText, setVar } from './dom.js';
import { bytes, count, exact, percent, seconds, secondsSince, span } from './format.js';
import { iconSlot } from './icons.js';

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
  const node = h(
    'li',
    { class: 'row' },
    h('span', { class: 'row-name', dir: 'auto' }, name),
    share,
    bar,
    note,
  );
  return {
    node,
    update(queue) {
      const over = queue.saturation_ratio >= queue.ceiling_ratio;
      const oldest = queue.oldest_age_seconds;
      const late = queue.age_target_seconds !== null && oldest > queue.age_target_seconds;
      node.dataset.ok = !over;
      node.dataset.late = late;
      setText(share, percent(queue.saturation_ratio) + (over ? ' over the ceiling' : ''));
      setVar(bar, '--fill', Math.min(1, queue.saturation_ratio));
      setVar(bar, '--mark', Math.min(1, queue.ceiling_ratio));
      setAttribute(bar, 'aria-valuenow', Math.round(Math.min(1, queue.saturation_ratio) * 100));
      const target = late ? `, target ${seconds(queue.age_target_seconds)}` : '';
      const what = unit === 'bytes' ? '' : ` ${unit}`;
      setText(depth, `${show(queue.depth)} of ${show(queue.capacity)}${what}`);
      setText(age, typeof oldest === 'number' ? ` · oldest ${seconds(oldest)}${target}` : '');
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
    const stuck = lanes.find((lane) => lane.state === 'waiting' && lane.detail !== null);
    setText(why, stuck ? `Lane ${stuck.lane} waits: ${stuck.detail}` : '');
  };
}

/** Queues, breakers and lanes; what a service does not have is not shown. */
export function createQueues() {
  const queues = keyedList(byId('queues'), ({ name }) => name, createQueue);
  const breakers = keyedList(byId('breakers'), ({ breaker }) => breaker.downstream, createBreaker);
  const lanes = createLanes(byId('lanes'));
  return ({ pipeline }, now) => {
    const shown = [pipeline.queues, pipeline.breakers, pipeline.lanes].map(listOf);
    byId('queues').closest('section').hidden = shown.every((list) => list.length === 0);
    byId('queues').hidden = byId('queues-hint').hidden = shown[0].length === 0;
    byId('breakers').hidden = shown[1].length === 0;
    const names = [shown[0].length > 0 && 'Queues', shown[1].length > 0 && 'Breakers'].filter(Boolean);
    setText(byId('queues-title'), names.join(' and ').replace(' B', ' b') || 'Lanes');
    queues(shown[0]);
    breakers(shown[1].map((breaker) => ({ breaker, now })));
    lanes(shown[2]);
  };
}
