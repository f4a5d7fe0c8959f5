import { frame, type Annotation, type Row } from '../frame';
import { stat, stateTimeline, timeSeries } from '../panels';
import { chosen, withTrack } from '../scope';
import { releaseAnnotation, stateAnnotations, stateNumber, stateWords, ticker, uids } from '../shared-panels';
import { table } from '../table';

const unscraped = 'No pod is scraped: see the overview for targets that are down.';
const noTraffic = 'Nothing came in during this time.';
const noRules = 'No data: are the rules of alerts/ loaded into Prometheus, and is there traffic?';
const noCanary = 'No canary runs beside the stable track.';
const byTrack = 'by (namespace, service, track)';

/** An event counts for each SLO of its service: the largest of them is the traffic. */
const traffic =
  `max ${byTrack} (sum by (namespace, service, track, slo) (` +
  `${withTrack(`rate(cheer_slo_events_total{${chosen}}[$__rate_interval])`)}))`;

const recorded = (name: string, more = '') => `service_track:${name}{${chosen}${more}}`;
const badRatio = 'cheer_slo_bad_events_per_events:ratio_rate10m';
const p95 = 'cheer_latency_seconds:p95_rate10m';

const flags = 'group by (namespace, service, flag, variant)';

const flagAnnotation: Annotation = {
  name: 'Feature flags',
  expr:
    `${flags} (feature_flag_info{${chosen}}) ` +
    `unless ${flags} (last_over_time(feature_flag_info{${chosen}}[5m] offset 1m))`,
  color: 'purple',
  title: '{{service}}: {{flag}} is {{variant}}',
  shown: true,
};

const running: Row = {
  title: 'What runs',
  panels: [
    table({
      title: 'Versions',
      description:
        'Each version and track that runs now, on how many pods, and since when the oldest of them is up.',
      empty: unscraped,
      queries: [
        { expr: `count by (namespace, service, version, track) (cheer_build_info{${chosen}})` },
        {
          expr:
            `min by (namespace, service, version, track) (process_start_time_seconds{${chosen}} * 1000` +
            ` * on (namespace, service, pod, instance) group_left (version, track) cheer_build_info{${chosen}})`,
        },
      ],
      columns: [
        { field: 'namespace', title: 'Namespace' },
        { field: 'service', title: 'Service' },
        { field: 'version', title: 'Version' },
        { field: 'track', title: 'Track' },
        { field: 'Value #A', title: 'Pods', decimals: 0 },
        { field: 'Value #B', title: 'Up since', unit: 'dateTimeFromNow' },
      ],
      sortBy: ['Up since', true],
      width: 12,
      height: 8,
    }),
    table({
      title: 'Feature flags',
      description:
        'The variant of each flag that holds now; switched off, health-cheer silences the cheer alerts.',
      empty: 'The services have no feature flags.',
      queries: [{ expr: `count by (namespace, service, flag, variant) (feature_flag_info{${chosen}} == 1)` }],
      columns: [
        { field: 'service', title: 'Service' },
        { field: 'flag', title: 'Flag' },
        { field: 'variant', title: 'Variant' },
        { field: 'Value', title: 'Pods', decimals: 0 },
      ],
      sortBy: ['Service', false],
      width: 8,
      height: 8,
    }),
    stat({
      title: 'Restarts',
      description:
        'Starts of processes in the time shown, on the same pod: a release replaces pods, a crash restarts them.',
      unit: 'short',
      empty: unscraped,
      queries: [
        {
          expr: `sum by (service) (changes(process_start_time_seconds{${chosen}}[$__range]))`,
          legend: '{{service}}',
          instant: true,
        },
      ],
      base: 'green',
      steps: [[1, 'yellow']],
      width: 4,
      height: 8,
    }),
    timeSeries({
      title: 'Pods by version',
      description: 'A release, step by step: one area gives way to the next.',
      unit: 'short',
      decimals: 0,
      empty: unscraped,
      queries: [
        {
          expr: `count by (service, version, track) (cheer_build_info{${chosen}})`,
          legend: '{{service}} {{version}} ({{track}})',
        },
      ],
      stacked: true,
      width: 24,
      height: 7,
    }),
  ],
};

const compared: Row = {
  title: 'Canary against stable',
  panels: [
    stateTimeline({
      title: 'State by track',
      description: 'The worst pod of each track: red on the canary alone is a reason to roll back.',
      unit: 'short',
      empty: unscraped,
      queries: [
        {
          expr: `max ${byTrack} (${withTrack(`(${stateNumber('namespace, service, pod, instance', chosen)})`)})`,
          legend: '{{service}}: {{track}}',
        },
      ],
      mappings: stateWords,
      width: 24,
      height: 6,
    }),
    timeSeries({
      title: 'Traffic by track',
      description: 'Events that count for the SLOs: a canary without traffic proves nothing.',
      unit: 'eps',
      empty: noTraffic,
      queries: [{ expr: traffic, legend: '{{service}}: {{track}}' }],
      stacked: true,
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Bad events by track',
      description:
        'The part of the events that was bad, and the most that the stable track leaves to a canary.',
      unit: 'percentunit',
      empty: noRules,
      queries: [
        { expr: recorded(badRatio), legend: '{{service}}: {{slo}}, {{track}}' },
        {
          expr: `2 * ${recorded(badRatio, ', track="stable"')} + 0.005`,
          legend: '{{service}}: {{slo}}, most for a canary',
          limit: true,
        },
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Latency by track, p95',
      description:
        'Nineteen of twenty requests to each track, and the most that the stable one leaves to a canary.',
      unit: 's',
      empty: noRules,
      queries: [
        { expr: recorded(p95), legend: '{{service}}: {{track}}' },
        {
          expr: `1.25 * ${recorded(p95, ', track="stable"')}`,
          legend: '{{service}}: most for a canary',
          limit: true,
        },
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Latency of the canary, as a multiple',
      description: 'p95 of the canary divided by that of the stable track; an alert from 1.25 on.',
      unit: 'none',
      decimals: 2,
      empty: noCanary,
      queries: [
        {
          expr: `${recorded(p95, ', track="canary"')} / ignoring (track) ${recorded(p95, ', track="stable"')}`,
          legend: '{{service}}',
        },
      ],
      base: 'transparent',
      steps: [[1.25, 'red']],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: 'Bad events of the canary',
      description: 'In ten minutes; fewer than five prove nothing, so that the alert stays silent.',
      unit: 'short',
      empty: noCanary,
      queries: [
        {
          expr: recorded('cheer_slo_bad_events:increase10m', ', track="canary"'),
          legend: '{{service}}: {{slo}}',
        },
      ],
      base: 'transparent',
      steps: [[5, 'red']],
      width: 12,
      height: 8,
    }),
  ],
};

/** Did the release do it? */
export const releases = frame({
  uid: uids.releases,
  title: 'Releases',
  description: 'What runs where, the canary held against the stable track, feature flags and restarts.',
  variables: ['namespace', 'service'],
  annotations: [...stateAnnotations, releaseAnnotation, flagAnnotation],
  from: 'now-6h',
  rows: [{ panels: [ticker()] }, running, compared],
});
