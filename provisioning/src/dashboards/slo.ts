import { burnTiers, type BurnTier } from '../../../cheer-kit/src/rules/windows';
import { frame, type Row } from '../frame';
import { bars, stateTimeline, timeSeries } from '../panels';
import { type Placeable } from '../panel-base';
import { chosen, chosenSlos } from '../scope';
import { firingAlerts, releaseAnnotation, stateAnnotations, ticker, uids, yesNo } from '../shared-panels';
import { table } from '../table';

const noRules = 'No data: are the rules of alerts/ loaded into Prometheus, and is there traffic?';
const monthSeconds = 30 * 24 * 3600;
const budget = `service_slo:cheer_error_budget_remaining:ratio{${chosenSlos}}`;

/** What each tier of the burn alerts means to whoever looks at it. */
const meanings: Readonly<Record<BurnTier['tier'], string>> = {
  fast: 'two days would spend the whole month: pages',
  medium: 'five days would spend the whole month: pages',
  slow: 'ten days would spend the whole month: a ticket',
  chronic: 'the month ends with nothing left: a ticket',
};

function burn({ tier, factor, long, short }: BurnTier): Placeable {
  const rate = (window: string) => ({
    expr: `service_slo:cheer_burn_rate:${window}{${chosenSlos}}`,
    legend: `{{service}}: {{slo}}, ${window}`,
  });
  return timeSeries({
    title: `${tier[0]?.toUpperCase()}${tier.slice(1)} burn: ${long} and ${short}`,
    description: `When both windows are above ${factor}, ${meanings[tier]}.`,
    unit: 'none',
    decimals: 1,
    empty: noRules,
    queries: [rate(long), rate(short)],
    base: 'transparent',
    steps: [[factor, 'red']],
    width: 12,
    height: 7,
  });
}

const budgets: Row = {
  title: 'Error budgets',
  panels: [
    table({
      title: 'Objectives and what is left',
      description:
        'Each SLO with its objective, the bad events of the last hour, and the budgets of an hour and of 30 days.',
      empty: noRules,
      queries: [
        { expr: `service_slo:cheer_slo_objective_ratio:max{${chosenSlos}}` },
        { expr: `service_slo:cheer_slo_bad_events:increase1h{${chosenSlos}}` },
        { expr: `service_slo:cheer_burn_rate:1h{${chosenSlos}}` },
        { expr: `service_slo:cheer_error_budget_remaining:ratio_1h{${chosenSlos}}` },
        { expr: budget },
      ],
      columns: [
        { field: 'service', title: 'Service' },
        { field: 'slo', title: 'SLO' },
        { field: 'Value #A', title: 'Objective', unit: 'percentunit', decimals: 2 },
        { field: 'Value #B', title: 'Bad in 1 h', unit: 'short', decimals: 0 },
        {
          field: 'Value #C',
          title: 'Burn, 1 h',
          decimals: 1,
          base: 'text',
          steps: [
            [1, 'yellow'],
            [14.4, 'red'],
          ],
        },
        { field: 'Value #D', title: 'Left of 1 h', unit: 'percentunit', base: 'red', steps: [[0.1, 'text']] },
        {
          field: 'Value #E',
          title: 'Left of 30 d',
          unit: 'percentunit',
          base: 'red',
          steps: [[0.1, 'text']],
        },
      ],
      sortBy: ['Left of 30 d', false],
      width: 16,
      height: 9,
    }),
    firingAlerts(', slo=~"$slo|"', 8, 9, 'No alert fires.'),
    timeSeries({
      title: 'Error budget left, 30 days',
      description:
        'A budget that only falls is being spent; it rises when bad events leave the window of 30 days.',
      unit: 'percentunit',
      max: 1,
      empty: 'No budget yet: it takes the rules of alerts/, traffic, and their first hourly evaluation.',
      queries: [{ expr: budget, legend: '{{service}}: {{slo}}' }],
      base: 'transparent',
      steps: [[0, 'red']],
      width: 12,
      height: 8,
    }),
    bars({
      title: 'Spent at the present rate in',
      description:
        'Time until the budget of 30 days is gone if all goes on as in the last hour; 0 when it is gone.',
      unit: 's',
      empty: 'No budget is being spent.',
      queries: [
        {
          expr: `clamp_min(${budget}, 0) / (service_slo:cheer_burn_rate:1h{${chosenSlos}} > 0) * ${monthSeconds}`,
          legend: '{{service}}: {{slo}}',
          instant: true,
        },
      ],
      min: 0,
      max: monthSeconds,
      base: 'red',
      steps: [
        [2 * 24 * 3600, 'yellow'],
        [10 * 24 * 3600, 'green'],
      ],
      width: 12,
      height: 8,
    }),
  ],
};

const indicators: Row = {
  title: 'Indicators',
  panels: [
    timeSeries({
      title: 'Events that count',
      description: 'Events a second that count for each SLO; the caller’s own mistakes and quota do not.',
      unit: 'eps',
      empty: noRules,
      queries: [
        { expr: `service_slo:cheer_slo_events:rate5m{${chosenSlos}}`, legend: '{{service}}: {{slo}}' },
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Bad events',
      description:
        'Refused, failed, too slow or undelivered: what spends the budget, with the fewest that alert.',
      unit: 'short',
      empty: noRules,
      queries: [
        {
          expr: `service_slo:cheer_slo_bad_events:increase1h{${chosenSlos}}`,
          legend: '{{service}}: {{slo}}',
        },
        {
          expr: `min by (slo) (service_slo:cheer_slo_min_bad_events:max{${chosenSlos}})`,
          legend: '{{slo}}: fewest',
          limit: true,
        },
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Latency against its target',
      description: 'p90 decides on health, p95 alerts; both held against the health target.',
      unit: 's',
      empty: noRules,
      queries: [
        ...(['p90', 'p95', 'p99'] as const).map((name) => ({
          expr: `service:cheer_latency_seconds:${name}_rate5m{${chosen}}`,
          legend: `{{service}}: ${name}`,
        })),
        {
          expr: `min by (namespace, service) (cheer_health_latency_target_seconds{${chosen}})`,
          legend: '{{service}}: target',
          limit: true,
        },
      ],
      width: 8,
      height: 8,
    }),
  ],
};

const verdict: Row = {
  title: 'Health: what the rules say, and the process itself',
  panels: [
    stateTimeline({
      title: 'Conditions of health',
      description: 'Each condition as the rules see it; one without data holds.',
      unit: 'short',
      empty: noRules,
      queries: [
        {
          expr: `service_condition:cheer_health_condition:bool{${chosen}}`,
          legend: '{{service}}: {{condition}}',
        },
      ],
      mappings: yesNo('Holds', 'Fails'),
      width: 12,
      height: 8,
    }),
    stateTimeline({
      title: 'Verdict of the process and of the rules',
      description:
        'Both come to the same but for moments; CheerVerdictDisagrees tells when they part for long.',
      unit: 'short',
      empty: noRules,
      queries: [
        { expr: `service:cheer_health:min{${chosen}}`, legend: '{{service}}: process' },
        { expr: `service:cheer_health_verdict:min{${chosen}}`, legend: '{{service}}: rules' },
      ],
      mappings: yesNo('Healthy', 'Not healthy'),
      width: 12,
      height: 8,
    }),
  ],
};

/** What was promised, what is left of it, and how fast it goes. */
export const sloAndBurn = frame({
  uid: uids.slo,
  title: 'SLO and burn',
  description:
    'Objectives, error budgets and burn rates in the windows of the alerts, and the verdict they lead to.',
  variables: ['namespace', 'service', 'slo'],
  annotations: [...stateAnnotations, releaseAnnotation],
  from: 'now-6h',
  rows: [
    { panels: [ticker()] },
    budgets,
    { title: 'Burn rates', panels: burnTiers.map(burn) },
    indicators,
    verdict,
  ],
});
