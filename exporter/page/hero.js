import { byId, h, keyedList, s, setAttribute, setText, setVar } from './dom.js';
import {
  bound,
  budget,
  count,
  exact,
  moment,
  nines,
  percent,
  seconds,
  secondsSince,
  span,
} from './format.js';
import { iconSlot } from './icons.js';
import { headline, modeWord } from './words.js';

const reasonNames = {
  error_budget: 'Error budget',
  latency: 'Latency',
  saturation: 'Saturation',
  age: 'Oldest event',
  breakers: 'Breakers',
  refusing: 'Refusing events',
  degraded: 'Turning some away',
  fenced: 'Store fenced',
  draining: 'Draining',
};

/** How a condition's figure reads, and how much of its limit it uses (1 is at the limit). */
const kinds = {
  error_budget: { show: budget, sign: '>', used: (figure, limit) => (1 - figure) / (1 - limit) },
  latency: { show: seconds, sign: '≤', used: (figure, limit) => figure / limit },
  saturation: { show: percent, sign: '<', used: (figure, limit) => figure / limit },
  age: { show: seconds, sign: '≤', used: (figure, limit) => figure / limit },
  breakers: { show: exact, unit: ' open', sign: '=', used: (figure) => (figure > 0 ? 1.25 : 0) },
};
const kindOf = (name) => kinds[name] ?? { show: String, sign: '', used: () => 0 };

/** The meter: an arc of 270 degrees, a shape for the state, and the score. */
function createMeter(container) {
  const centre = 160;
  const point = (degrees, radius) => {
    const angle = (degrees * Math.PI) / 180;
    return `${(centre + radius * Math.cos(angle)).toFixed(2)} ${(centre + radius * Math.sin(angle)).toFixed(2)}`;
  };
  const arc = `M${point(135, 132)}A132 132 0 1 1 ${point(45, 132)}`;
  const value = s('path', { d: arc, class: 'meter-value', pathLength: 100 });
  const ring = s('path', { d: arc, class: 'meter-ring', pathLength: 100 });
  const score = s('text', { x: centre, y: 208, class: 'meter-score' }, '–');
  const unit = s('text', { x: centre, y: 240, class: 'meter-unit' }, 'of 100');
  const shape = iconSlot('meter-icon');
  const iconBox = s('svg', { x: 128, y: 62, width: 64, height: 64 }, shape.node);
  const ticks = Array.from({ length: 11 }, (_, index) => {
    const degrees = 135 + index * 27;
    return s('path', { d: `M${point(degrees, 117)}L${point(degrees, 112)}`, class: 'meter-tick' });
  });
  const meter = s(
    'svg',
    { viewBox: '6 12 308 268', class: 'meter', 'aria-label': 'Cheer score' },
    s('path', { d: arc, class: 'meter-track' }),
    ...ticks,
    ring,
    value,
    iconBox,
    score,
    unit,
  );
  container.append(meter);

  return {
    show(state, points) {
      const known = points !== null && points !== undefined;
      const dash = known ? `${Math.max(0.01, Math.min(100, points))} 200` : '0 200';
      for (const path of [value, ring]) {
        setAttribute(path, 'stroke-dasharray', dash);
        setAttribute(path, 'visibility', known ? 'visible' : 'hidden');
      }
      setText(score, known ? String(Math.round(points)) : '–');
      setText(unit, known ? 'of 100' : 'no score');
      shape.show(state);
      setAttribute(meter, 'role', known ? 'meter' : 'img');
      setAttribute(meter, 'aria-valuemin', known && '0');
      setAttribute(meter, 'aria-valuemax', known && '100');
      setAttribute(meter, 'aria-valuenow', known && Math.round(points));
      setAttribute(meter, 'aria-valuetext', known && `${Math.round(points)} of 100, ${state}`);
    },
    beat() {
      ring.classList.remove('beat');
      // Reading a layout value restarts the animation.
      ring.getBoundingClientRect();
      ring.classList.add('beat');
    },
  };
}

function createReason() {
  const title = h('strong');
  const detail = h('span', { class: 'reason-detail', dir: 'auto' });
  const since = h('span', { class: 'reason-since' });
  return {
    node: h('li', { class: 'reason' }, title, since, detail),
    update({ reason, now }) {
      setText(title, reasonNames[reason.code] ?? reason.code);
      setText(detail, bound(reason.detail));
      setText(since, `for ${span(secondsSince(reason.since, now))}, since ${moment(reason.since, now)}`);
    },
  };
}

function createCondition({ name }) {
  const mark = iconSlot('icon');
  const word = h('span', { class: 'unseen' });
  const figure = h('span', { class: 'figure' });
  const limit = h('span', { class: 'limit' });
  const bar = h('span', { class: 'bar limit-bar', 'aria-hidden': 'true' });
  const detail = h('p', { class: 'detail', dir: 'auto' });
  const { show, sign, unit = '', used } = kindOf(name);
  const node = h(
    'li',
    { class: 'condition' },
    h('span', { class: 'condition-mark' }, mark.node, word),
    h('span', { class: 'condition-name' }, reasonNames[name] ?? name),
    h('span', { class: 'condition-figures' }, figure, limit),
    bar,
    detail,
  );
  return {
    node,
    update(condition) {
      const known = condition.figure !== null;
      node.dataset.ok = condition.ok;
      mark.show(condition.ok ? 'ok' : 'fail');
      setText(word, condition.ok ? 'holds' : 'fails');
      setText(figure, known ? show(condition.figure) + unit : 'idle');
      setText(limit, `${sign} ${show(condition.limit)}`);
      // The limit's mark stands at 80 % of the bar's width, so that there is room to be over it.
      const share = known ? used(condition.figure, condition.limit) * 0.8 : 0;
      setVar(bar, '--fill', Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 1);
      setText(detail, bound(condition.detail));
    },
  };
}

export function createHero() {
  const meter = createMeter(byId('meter'));
  const reasons = keyedList(byId('reasons'), ({ reason }) => reason.code, createReason);
  const conditions = keyedList(byId('conditions'), (condition) => condition.name, createCondition);
  meter.show('loading', null);

  return {
    beat: () => meter.beat(),
    update(summary, now) {
      const { cheer } = summary;
      meter.show(cheer.state, cheer.score);
      setText(byId('state-word'), cheer.state);
      setText(byId('sentence'), headline(cheer));
      const doing = modeWord(summary);
      const mode = byId('mode');
      mode.hidden = doing === '';
      setText(mode, doing && `${doing}, for ${span(secondsSince(summary.mode_since, now))}`);
      const held = `${cheer.state} for ${span(secondsSince(cheer.since, now))}`;
      const left = cheer.error_budget_remaining_ratio;
      const spent = left < 0 ? `error budget ${budget(left)}` : `${budget(left)} of the error budget left`;
      const batches = cheer.cheers_total + cheer.misses_total;
      const cheers = batches
        ? `${count(cheer.cheers_total)} cheers, ${count(cheer.misses_total)} misses (${nines(cheer.cheers_total / batches)} cheered)`
        : 'no batch yet';
      setText(byId('counts'), [held, spent, cheers].join(' · '));
      reasons(cheer.reasons.map((reason) => ({ reason, now })));
      conditions(cheer.conditions);
    },
  };
}

/** What a screen reader hears when the state changes. */
export function stateSpoken({ cheer }) {
  const why = cheer.reasons[0];
  return `The cheer is ${cheer.state}${why ? `: ${why.detail}` : ''}.`;
}
