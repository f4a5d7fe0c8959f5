import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { type Annotation } from './frame';
import { toService, type Placeable } from './panel-base';
import { cheerMeter } from './panels';
import { chosen } from './scope';
import { table } from './table';

/** Parts of the dashboards' addresses, which the alerts' annotations name: never changed. */
export const uids = {
  overview: 'cheer-overview',
  flow: 'cheer-pipeline',
  slo: 'cheer-slo',
  resources: 'cheer-resources',
  releases: 'cheer-releases',
} as const;

const cheerMetrics = 'cheer_(state|score|condition|error_budget_remaining_ratio|cheers_total|missed_total)';

/** What the cheer-meter recognises without being told, and the burn rates by the names of their roles. */
export const cheerQueries = [
  { refId: 'A', expr: `{__name__=~"${cheerMetrics}", ${chosen}}` },
  { refId: 'burnLong', expr: `service_slo:cheer_burn_rate:1h{${chosen}}` },
  { refId: 'burnShort', expr: `service_slo:cheer_burn_rate:5m{${chosen}}` },
];

/** How what is left of an error budget is drawn. */
export const budgetScale = {
  unit: 'percentunit',
  min: 0,
  max: 1,
  base: 'red',
  steps: [
    [0.1, 'yellow'],
    [0.5, 'green'],
  ],
} as const;

/** A line at the top of a dashboard: how the chosen services are, whatever else is being looked at. */
export function ticker(): Placeable {
  return cheerMeter(
    {
      title: 'Cheer',
      description: 'State and score of the chosen services, and what happened last.',
      empty: 'No service reports its cheer: is it scraped, and is a service chosen?',
      queries: cheerQueries,
      width: 24,
      height: 3,
      links: [toService('Overview', uids.overview)],
    },
    { layout: 'ticker' },
  );
}

/** Numbers in the order of their gravity, so that the largest of several pods is the service's state. */
const states = [
  ['green', 'Green', 'green'],
  ['disabled', 'Disabled', 'text'],
  ['warming', 'Warming', 'blue'],
  ['yellow', 'Yellow', 'yellow'],
  ['red', 'Red', 'red'],
] as const;

/** The present state as a number; nothing where there are no data. */
export function stateNumber(by: string, matchers: string): string {
  const each = states.map(
    ([state], index) => `(cheer_state{${matchers}, state="${state}"} == 1) * ${index + 1}`,
  );
  return `max by (${by}) (${each.join(' or ')})`;
}

export const stateWords: ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      states.map(([, text, color], index) => [String(index + 1), { text, color, index }]),
    ),
  },
];

/** Words for what is 1 or 0. */
export function yesNo(yes: string, no: string, good: 'yes' | 'no' = 'yes'): ValueMapping[] {
  const [one, zero] = good === 'yes' ? ['green', 'red'] : ['red', 'green'];
  return [
    {
      type: MappingType.ValueToText,
      options: { '1': { text: yes, color: one, index: 0 }, '0': { text: no, color: zero, index: 1 } },
    },
  ];
}

/** Bands over every chart while a service is red, or yellow. */
export const stateAnnotations: readonly Annotation[] = [
  {
    name: 'Red',
    expr: `max by (namespace, service) (cheer_state{${chosen}, state="red"}) == 1`,
    color: 'red',
    title: '{{service}} is red',
    shown: true,
  },
  {
    name: 'Yellow',
    expr: `max by (namespace, service) (cheer_state{${chosen}, state="yellow"}) == 1`,
    color: 'yellow',
    title: '{{service}} is yellow',
    shown: false,
  },
];

const version = 'group by (namespace, service, version, track)';

/** A version that did not run five minutes before: a restart of the same one is none. */
export const releaseAnnotation: Annotation = {
  name: 'Releases',
  expr:
    `${version} (cheer_build_info{${chosen}}) ` +
    `unless ${version} (last_over_time(cheer_build_info{${chosen}}[5m] offset 1m))`,
  color: 'blue',
  title: '{{service}} {{version}} ({{track}})',
  shown: true,
};

/** The alerts of the chosen services, and those of none in particular; the watchdog always fires. */
export function firingAlerts(more: string, width: number, height: number, empty: string): Placeable {
  const labels = `component="cheer", severity=~"critical|warning|info", namespace=~"$namespace|", service=~"$service|"${more}`;
  return table({
    title: 'Firing alerts',
    description: 'Alerts of the chosen services that fire now. The name leads to its runbook.',
    empty,
    queries: [
      {
        expr: `ALERTS_FOR_STATE{${labels}} * 1000 and ignoring (alertstate) ALERTS{alertstate="firing", ${labels}}`,
      },
    ],
    columns: [
      { field: 'alertname', title: 'Alert', links: [['Runbook', '${runbooks}#${__value.text}']] },
      { field: 'severity', title: 'Severity' },
      { field: 'service', title: 'Service' },
      { field: 'slo', title: 'SLO' },
      { field: 'Value', title: 'Since', unit: 'dateTimeFromNow' },
    ],
    sortBy: ['Since', true],
    width,
    height,
  });
}
