import type { QueryCheck } from '../promtool-file';

/** The value of a query without its labels, to six digits, at a minute; nothing when no value is given. */
export function at(minute: number, expr: string, value?: number): QueryCheck {
  return {
    expr: `round(sum by () (${expr}), 0.000001)`,
    eval_time: `${minute}m`,
    exp_samples: value === undefined ? [] : [{ labels: '{}', value }],
  };
}

/** The state of the burn alert of a tier; absent when no state is given. `of` are more matchers. */
export function burning(
  minute: number,
  tier: string,
  state?: 'pending' | 'firing',
  of: readonly string[] = [],
): QueryCheck {
  const matchers = ['alertname="CheerErrorBudgetBurn"', `burn_tier="${tier}"`, ...of].join(', ');
  return {
    expr: `count by (alertstate) (ALERTS{${matchers}})`,
    eval_time: `${minute}m`,
    exp_samples: state === undefined ? [] : [{ labels: `{alertstate="${state}"}`, value: 1 }],
  };
}
