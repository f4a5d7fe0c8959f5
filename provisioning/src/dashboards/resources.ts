import { frame, type Row } from '../frame';
import { timeSeries } from '../panels';
import { memoryInUse, ofPods, rate } from '../scope';
import { releaseAnnotation, stateAnnotations, ticker, uids } from '../shared-panels';
import { table, type Column } from '../table';

const unscraped = 'No pod is scraped: see the overview for targets that are down.';
const pod = 'namespace, service, pod';
const yearSeconds = 365 * 24 * 3600;

/** Marks what a ratio or a time is of, so that different resources fit into one table. */
function named(resource: string, expr: string): string {
  return `label_replace(${expr}, "resource", "${resource}", "", "")`;
}

/** The most of each resource that was in use in the time shown, 0 to 1. */
const peaks = [
  named('CPU', `max_over_time(${ofPods('cpu_usage_ratio')}[$__range])`),
  named(
    'Memory',
    `max_over_time(${ofPods('memory_usage_bytes', 'kind="rss"')}[$__range]) / ignoring (kind) ${ofPods('memory_usage_bytes', 'kind="limit"')}`,
  ),
  named(
    'Disk',
    `1 - min_over_time(${ofPods('cheer_storage_free_bytes')}[$__range]) / ${ofPods('cheer_storage_size_bytes')}`,
  ),
  named(
    'Open files',
    `max_over_time(${ofPods('process_open_fds')}[$__range]) / ${ofPods('process_max_fds')}`,
  ),
  named(
    'Queue',
    `max_over_time(${ofPods('cheer_queue_depth')}[$__range]) / (${ofPods('cheer_queue_capacity')} > 0)`,
  ),
];

/** Seconds until it is full, if it grows as in the last day; nothing for what does not grow. */
const timesLeft = [
  named(
    'CPU',
    `(1 - avg_over_time(${ofPods('cpu_usage_ratio')}[1h])) / (deriv(${ofPods('cpu_usage_ratio')}[1d]) > 0)`,
  ),
  named(
    'Memory',
    `(${ofPods('memory_usage_bytes', 'kind="limit"')} - ignoring (kind) ${ofPods('memory_usage_bytes', 'kind="rss"')})` +
      ` / ignoring (kind) (deriv(${ofPods('memory_usage_bytes', 'kind="rss"')}[1d]) > 0)`,
  ),
  named(
    'Disk',
    `${ofPods('cheer_storage_free_bytes')} / (-deriv(${ofPods('cheer_storage_free_bytes')}[1d]) > 0)`,
  ),
  named(
    'Outbox',
    `(${ofPods('cheer_queue_capacity', 'queue="outbox"')} - ${ofPods('cheer_queue_depth', 'queue="outbox"')})` +
      ` / (deriv(${ofPods('cheer_queue_depth', 'queue="outbox"')}[1d]) > 0)`,
  ),
];

const whose: Column[] = [
  { field: 'service', title: 'Service' },
  { field: 'pod', title: 'Pod' },
  { field: 'resource', title: 'Resource' },
];

const capacity: Row = {
  title: 'Capacity',
  panels: [
    table({
      title: 'Nearest to their maximum',
      description: 'The most that was in use of each resource in the time shown; the twenty highest.',
      empty: unscraped,
      queries: [{ expr: `topk(20, max by (${pod}, resource) (${peaks.join(' or ')}))` }],
      columns: [
        ...whose,
        {
          field: 'Value',
          title: 'Highest use',
          unit: 'percentunit',
          gauge: true,
          steps: [
            [0.7, 'yellow'],
            [0.9, 'red'],
          ],
        },
      ],
      sortBy: ['Highest use', true],
      width: 12,
      height: 9,
    }),
    table({
      title: 'Headroom left at the growth of the last day',
      description:
        'Time until a resource is full if it grows on like this: the twenty nearest, within a year.',
      empty: 'Nothing will be full within a year.',
      queries: [
        { expr: `bottomk(20, min by (${pod}, resource) (${timesLeft.join(' or ')}) < ${yearSeconds})` },
      ],
      columns: [
        ...whose,
        {
          field: 'Value',
          title: 'Full in',
          unit: 's',
          decimals: 1,
          base: 'red',
          steps: [
            [24 * 3600, 'yellow'],
            [7 * 24 * 3600, 'text'],
          ],
        },
      ],
      sortBy: ['Full in', false],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: 'Throughput that the CPU has room for',
      description:
        'Events a second now, and what they could be if all CPU went the same way: a rough upper bound.',
      unit: 'eps',
      empty: unscraped,
      queries: [
        { expr: `sum by (service) (${rate('events_published_total')})`, legend: '{{service}}: now' },
        {
          expr: `sum by (service) (${rate('events_published_total')} / (${ofPods('cpu_usage_ratio')} > 0))`,
          legend: '{{service}}: at most',
        },
      ],
      width: 24,
      height: 7,
    }),
  ],
};

const cpu: Row = {
  title: 'CPU and event loop',
  panels: [
    timeSeries({
      title: 'CPU in use',
      description: 'Of the cores that the process may use; an alert from 90 % on.',
      unit: 'percentunit',
      max: 1,
      empty: unscraped,
      queries: [{ expr: ofPods('cpu_usage_ratio'), legend: '{{pod}}' }],
      base: 'transparent',
      steps: [[0.9, 'red']],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'CPU by user and system',
      description: 'Seconds of CPU a second: much system time means disk, network or too little memory.',
      unit: 'short',
      empty: unscraped,
      queries: [
        { expr: `sum by (service) (${rate('process_cpu_user_seconds_total')})`, legend: '{{service}}: user' },
        {
          expr: `sum by (service) (${rate('process_cpu_system_seconds_total')})`,
          legend: '{{service}}: system',
        },
      ],
      stacked: true,
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Delay of the event loop, p99',
      description: 'How late timers and answers are; an alert from half a second on.',
      unit: 's',
      empty: unscraped,
      queries: [{ expr: ofPods('event_loop_lag_seconds'), legend: '{{pod}}' }],
      base: 'transparent',
      steps: [[0.5, 'red']],
      width: 8,
      height: 8,
    }),
  ],
};

const memory: Row = {
  title: 'Memory and garbage',
  panels: [
    timeSeries({
      title: 'Memory in use',
      description: 'Resident memory of what the process may use; an alert from 90 % on.',
      unit: 'percentunit',
      max: 1,
      empty: unscraped,
      queries: [{ expr: memoryInUse, legend: '{{pod}}' }],
      base: 'transparent',
      steps: [[0.9, 'red']],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Memory by kind',
      description:
        'A heap that only grows is a leak in the code; array buffers are what waits to be written.',
      unit: 'bytes',
      empty: unscraped,
      queries: [
        {
          expr: `sum by (service, kind) (${ofPods('memory_usage_bytes', 'kind!="limit"')})`,
          legend: '{{service}}: {{kind}}',
        },
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Time in garbage collection',
      description: 'The part of the time in which the collector held the process up, by kind.',
      unit: 'percentunit',
      empty: unscraped,
      queries: [
        { expr: `sum by (service, kind) (${rate('gc_pause_seconds_sum')})`, legend: '{{service}}: {{kind}}' },
      ],
      stacked: true,
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Pauses of the garbage collector, p99',
      description:
        'The longest pauses of each kind: a major one of a tenth of a second is felt by producers.',
      unit: 's',
      empty: 'The collector did not run in this time.',
      queries: [
        {
          expr: `histogram_quantile(0.99, sum by (le, kind) (${rate('gc_pause_seconds_bucket')}))`,
          legend: '{{kind}}',
        },
      ],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: 'Heap of Node.js',
      description: 'What is used of the heap, pod by pod.',
      unit: 'bytes',
      empty: unscraped,
      queries: [{ expr: ofPods('nodejs_heap_size_used_bytes'), legend: '{{pod}}' }],
      width: 12,
      height: 8,
    }),
  ],
};

const disk: Row = {
  title: 'Disk and files',
  panels: [
    timeSeries({
      title: 'Free on each volume',
      description: 'Below 15 % and shrinking is a warning, below 5 % pages.',
      unit: 'percentunit',
      max: 1,
      empty: unscraped,
      queries: [
        {
          expr: `${ofPods('cheer_storage_free_bytes')} / ${ofPods('cheer_storage_size_bytes')}`,
          legend: '{{pod}}: {{volume}}',
        },
      ],
      base: 'red',
      steps: [
        [0.05, 'yellow'],
        [0.15, 'transparent'],
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Store',
      description: 'Bytes of acknowledged events that wait on disk, pod by pod.',
      unit: 'bytes',
      empty: unscraped,
      queries: [{ expr: ofPods('store_bytes'), legend: '{{pod}}' }],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Open files',
      description: 'Files and sockets that are open; a line that only rises is a leak.',
      unit: 'short',
      empty: unscraped,
      queries: [{ expr: ofPods('process_open_fds'), legend: '{{pod}}' }],
      width: 8,
      height: 8,
    }),
  ],
};

/** What it costs, and how long that goes on well. */
export const resources = frame({
  uid: uids.resources,
  title: 'Resources',
  description:
    'CPU, memory, garbage collection, event loop and disk; who runs near the maximum, and the headroom left.',
  variables: ['namespace', 'service', 'pod'],
  annotations: [...stateAnnotations, releaseAnnotation],
  from: 'now-6h',
  rows: [{ panels: [ticker()] }, capacity, cpu, memory, disk],
});
