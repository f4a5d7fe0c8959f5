import type { AlertCase } from '../alert-case';

const of = { namespace: 'shop', service: 'orders', slo: 'delivery' };
const orders = '{namespace="shop", service="orders", slo="delivery"}';
const billing = '{namespace="shop", service="billing", slo="delivery"}';

interface Tier {
  readonly tier: string;
  readonly factor: number;
  readonly long: string;
  readonly short: string;
  readonly wait: number;
  readonly keep: number;
  readonly severity: string;
  /** As the description has it. */
  readonly times: string;
}

const tiers: readonly Tier[] = [
  {
    tier: 'fast',
    factor: 14.4,
    long: '1h',
    short: '5m',
    wait: 2,
    keep: 5,
    severity: 'critical',
    times: '14.5',
  },
  {
    tier: 'medium',
    factor: 6,
    long: '6h',
    short: '30m',
    wait: 5,
    keep: 15,
    severity: 'critical',
    times: '6.1',
  },
  { tier: 'slow', factor: 3, long: '1d', short: '2h', wait: 15, keep: 30, severity: 'warning', times: '3.0' },
  {
    tier: 'chronic',
    factor: 1,
    long: '3d',
    short: '6h',
    wait: 60,
    keep: 60,
    severity: 'warning',
    times: '1.0',
  },
];

function burn({ tier, factor, long, short, wait, keep, severity, times }: Tier): AlertCase {
  const names = {
    long: `service_slo:cheer_burn_rate:${long}`,
    short: `service_slo:cheer_burn_rate:${short}`,
    bad: `service_slo:cheer_slo_bad_events:increase${long}`,
    least: 'service_slo:cheer_slo_min_bad_events:max',
  };
  return {
    alert: 'CheerErrorBudgetBurn',
    ruleLabels: { burn_tier: tier, long_window: long, short_window: short },
    ...{ severity, of, keep, for: wait },
    dashboard: 'cheer-slo',
    fault: (time) => ({
      [names.long + orders]: time.level(0, factor * 1.01),
      [names.short + orders]: time.level(0, factor * 1.02),
      [names.bad + orders]: time.level(0, 10),
      [names.least + orders]: time.always(10),
    }),
    description: `orders spends the budget of delivery ${times} times too fast (over ${long}, and still over ${short}).`,
    nearMisses: {
      'exactly at the limit over the long window': (time) => ({
        [names.long + orders]: time.level(0, factor),
      }),
      'exactly at the limit over the short window': (time) => ({
        [names.short + orders]: time.level(0, factor),
      }),
      'over, as far as the short window knows': (time) => ({ [names.short + orders]: time.always(0) }),
      'one bad event too few': (time) => ({ [names.bad + orders]: time.level(0, 9.9) }),
      'it is another service that still burns': (time) => ({
        [names.short + orders]: undefined,
        [names.short + billing]: time.level(0, factor * 2),
      }),
      'it is another service that has bad events': (time) => ({
        [names.bad + orders]: time.always(0),
        [names.bad + billing]: time.level(0, 1000),
        [names.least + billing]: time.always(10),
      }),
    },
  };
}

export const sloCases: readonly AlertCase[] = [
  ...tiers.map(burn),
  {
    alert: 'CheerErrorBudgetExhausted',
    severity: 'warning',
    of,
    for: 15,
    keep: 0,
    dashboard: 'cheer-slo',
    fault: (time) => ({ [`service_slo:cheer_error_budget_remaining:ratio${orders}`]: time.level(0.5, 0) }),
    description: 'orders has 0% of the 30-day budget of delivery left.',
    alsoFires: {
      overspent: {
        series: (time) => ({
          [`service_slo:cheer_error_budget_remaining:ratio${orders}`]: time.level(0.5, -1.5),
        }),
        description: 'orders has -150% of the 30-day budget of delivery left.',
      },
    },
    nearMisses: {
      'a little is left': (time) => ({
        [`service_slo:cheer_error_budget_remaining:ratio${orders}`]: time.level(0.5, 0.001),
      }),
    },
  },
];
