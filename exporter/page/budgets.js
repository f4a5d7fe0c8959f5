import { byId, h, keyedList, listOf, setAttribute, setText, setVar } from './dom.js';
import { budget, coarse, count, isKnown, nines, span, times } from './format.js';

/**
 * How fast is too fast, as in the alerts: 14.4 spends 2 % of a budget for 30 days in an hour, 6 spends 5 % in six
 * hours (Site Reliability Workbook, chapter 5). Above 1 it does not last.
 */
const alarming = (burn, windowSeconds) => burn >= (windowSeconds <= 3600 ? 14.4 : 6);

/** In a young process a longer window has seen no more than the one before it. */
const tellsMore = ({ burn_rate, covered_seconds }, index, all) =>
  isKnown(burn_rate) && (index === 0 || !(covered_seconds <= all[index - 1].window_seconds));

function createBurn({ window_seconds }) {
  const value = h('strong');
  const title = 'at 1× the budget just lasts';
  const node = h('li', { class: 'burn', title }, h('span', {}, coarse(window_seconds)), ' ', value);
  return {
    node,
    update({ burn_rate }) {
      node.dataset.burn = alarming(burn_rate, window_seconds) ? 'fast' : burn_rate > 1 ? 'slow' : 'none';
      setText(value, times(burn_rate));
    },
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
  const burns = h('ul', { class: 'burns', 'aria-label': `${name}: burn rates` });
  const drawBurns = keyedList(burns, ({ window_seconds }) => window_seconds, createBurn);
  const node = h(
    'li',
    { class: 'row' },
    h('span', { class: 'row-name', dir: 'auto' }, name),
    left,
    bar,
    burns,
    description,
    figures,
  );
  return {
    node,
    update(slo) {
      const remaining = slo.budget_remaining_ratio;
      const share = Math.max(0, Math.min(1, remaining));
      node.dataset.ok = remaining > 0.1;
      setText(left, remaining < 0 ? budget(remaining) : `${budget(remaining)} left`);
      setVar(bar, '--fill', share);
      setAttribute(bar, 'aria-valuenow', Math.round(share * 100));
      setText(description, slo.description);
      const seen = slo.good + slo.bad;
      const actual = seen
        ? `${nines(slo.good_ratio)} good of ${count(seen)}, ${count(slo.bad)} bad`
        : 'no events';
      setText(figures, `${actual} in ${span(slo.window_seconds)} · objective ${nines(slo.objective_ratio)}`);
      const known = listOf(slo.burn_rates).filter(tellsMore);
      burns.hidden = known.length === 0;
      drawBurns(known);
    },
  };
}

export function createBudgets() {
  const slos = keyedList(byId('slos'), ({ name }) => name, createSlo, 'No SLO reports yet.');
  return (summary) => slos(listOf(summary.slos));
}
