import { byId, h, keyedList, listOf, s, setAttribute, setText, setVar } from './dom.js';
import {
  bound,
  budget,
  clock,
  coarse,
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
import { advice, hasPipeline, headline, modeWord, reasonName } from './words.js';

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
      const known = typeof points === 'number';
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

const lasting = (since, now) => `for ${span(secondsSince(since, now))}, since ${moment(since, now)}`;

function createReason() {
  const title = h('strong');
  const detail = h('span', { class: 'reason-detail', dir: 'auto' });
  const since = h('span', { class: 'reason-since' });
  const todo = h('span');
  const first = h('span', { class: 'reason-todo' }, h('strong', {}, 'Do first'), ' ', todo);
  return {
    node: h('li', { class: 'reason' }, title, since, detail, first),
    update({ reason, doFirst, now }) {
      setText(title, reasonName(reason.code));
      setText(detail, bound(reason.detail));
      setText(since, lasting(reason.since, now));
      first.hidden = doFirst === '';
      setText(todo, doFirst);
    },
  };
}

function createCondition({ condition: { name } }) {
  const mark = iconSlot('icon');
  const word = h('span', { class: 'unseen' });
  const figure = h('span', { class: 'figure' });
  const limit = h('span', { class: 'limit' });
  const since = h('span', { class: 'condition-since' });
  const bar = h('span', { class: 'bar limit-bar', 'aria-hidden': 'true' });
  const detail = h('p', { class: 'detail', dir: 'auto' });
  const { show, sign, unit = '', used } = kindOf(name);
  const node = h(
    'li',
    { class: 'condition' },
    h('span', { class: 'condition-mark' }, mark.node, word),
    h('span', { class: 'condition-name' }, reasonName(name), since),
    h('span', { class: 'condition-figures' }, figure, limit),
    bar,
    detail,
  );
  return {
    node,
    update({ condition, told, now }) {
      const known = typeof condition.figure === 'number';
      node.dataset.ok = condition.ok;
      node.dataset.told = told;
      mark.show(condition.ok ? 'ok' : 'fail');
      setText(word, condition.ok ? 'holds' : 'fails');
      setText(figure, known ? show(condition.figure) + unit : 'idle');
      // A limit of nothing, of a service that has no queue with a target, is none.
      setText(limit, known || condition.limit > 0 ? `${sign} ${show(condition.limit)}` : '');
      // The limit's mark stands at 80 % of the bar's width, so that there is room to be over it.
      const share = known ? used(condition.figure, condition.limit) * 0.8 : 0;
      setVar(bar, '--fill', Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 1);
      setText(
        since,
        !condition.ok && !told && condition.since ? `for ${coarse(secondsSince(condition.since, now))}` : '',
      );
      setText(detail, bound(condition.detail));
      setAttribute(
        node,
        'title',
        condition.since ? `${condition.detail}; ${lasting(condition.since, now)}` : condition.detail,
      );
    },
  };
}

export function createHero() {
  const meter = createMeter(byId('meter'));
  const reasons = keyedList(byId('reasons'), ({ reason }) => reason.code, createReason);
  const conditions = keyedList(byId('conditions'), ({ condition }) => condition.name, createCondition);
  meter.show('loading', null);
  const advise = (text) => {
    byId('advice').hidden = text === '';
    setText(byId('advice'), text);
  };

  return {
    beat: () => meter.beat(),
    /** What was last told is not how it is: a state for which nobody vouches is not shown as one. */
    stale(known, { word, sentence, todo }) {
      meter.show('stale', null);
      setText(byId('eyebrow'), 'Health cheer');
      setText(byId('state-word'), word);
      setText(byId('conditions-label'), 'Conditions, last known');
      setText(byId('sentence'), sentence);
      advise(todo);
      byId('mode').hidden = true;
      const points = typeof known?.score === 'number' ? `, ${Math.round(known.score)} of 100` : '';
      setText(byId('counts'), known ? `Last known at ${clock(known.at)}: ${known.state}${points}` : '');
      reasons([]);
    },
    update(summary, now) {
      const { cheer } = summary;
      meter.show(cheer.state, cheer.score);
      setText(byId('eyebrow'), cheer.idle ? 'Health cheer · idle' : 'Health cheer');
      setText(byId('state-word'), cheer.state);
      setText(byId('conditions-label'), 'Conditions');
      setText(byId('sentence'), headline(cheer, hasPipeline(summary)));
      const { code, text } = advice(summary);
      advise(code === undefined ? text : '');
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
      reasons(cheer.reasons.map((reason) => ({ reason, doFirst: reason.code === code ? text : '', now })));
      // A reason says the same at greater length.
      const told = new Set(cheer.reasons.map(({ code }) => code));
      conditions(
        listOf(cheer.conditions).map((condition) => ({ condition, told: told.has(condition.name), now })),
      );
    },
  };
}

/** What a screen reader hears when the state changes. */
export function stateSpoken({ cheer }) {
  const why = cheer.reasons[0];
  return `The cheer is ${cheer.state}${why ? `: ${why.detail}` : ''}.`;
}
