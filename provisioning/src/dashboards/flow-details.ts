import { type Row } from '../frame';
import { stat, stateTimeline, timeSeries } from '../panels';
import { ofPods, quantile, rate, saturation } from '../scope';
import { yesNo } from '../shared-panels';

const unscraped = 'No pod is scraped: see the overview for targets that are down.';

/** Where events wait. */
export const queues: Row = {
  title: 'Queues',
  panels: [
    timeSeries({
      title: 'How full the queues are',
      description: 'The fullest pod of each queue, held against the ceiling of a healthy one.',
      unit: 'percentunit',
      max: 1,
      empty: unscraped,
      queries: [
        { expr: `max by (queue) (${saturation})`, legend: '{{queue}}' },
        { expr: `min(${ofPods('cheer_health_saturation_ceiling_ratio')})`, legend: 'ceiling', limit: true },
      ],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Age of the oldest, against its target',
      description:
        'From 1 on the oldest event waits longer than it should: the publisher hangs or is too slow.',
      unit: 'percentunit',
      empty: unscraped,
      queries: [
        {
          expr: `max by (queue) (${ofPods('cheer_queue_oldest_age_seconds')} / ${ofPods('cheer_queue_age_target_seconds')})`,
          legend: '{{queue}}',
        },
      ],
      base: 'transparent',
      steps: [[1, 'red']],
      width: 8,
      height: 8,
    }),
    timeSeries({
      title: 'Events that wait in the store',
      description: 'Bytes of events that are acknowledged and not yet published.',
      unit: 'bytes',
      empty: unscraped,
      queries: [{ expr: `sum by (service, pod) (${ofPods('store_bytes')})`, legend: '{{pod}}' }],
      width: 8,
      height: 8,
    }),
  ],
};

/** What they wait for. */
export const downstreams: Row = {
  title: 'Downstreams and breakers',
  panels: [
    stateTimeline({
      title: 'Open breakers',
      description: 'While a breaker is open nothing is sent; what is acknowledged waits safely.',
      unit: 'short',
      empty: unscraped,
      queries: [
        {
          expr: `max by (service, downstream) (${ofPods('cheer_breaker_state', 'state=~"open|half_open"')})`,
          legend: '{{service}}: {{downstream}}',
        },
      ],
      mappings: yesNo('Open', 'Closed', 'no'),
      width: 12,
      height: 7,
    }),
    timeSeries({
      title: 'Calls by result',
      description: 'Ambiguous: no answer, so the same bytes are sent again.',
      unit: 'cps',
      empty: unscraped,
      queries: [
        {
          expr: `sum by (downstream, result) (${rate('downstream_calls_total')})`,
          legend: '{{downstream}}: {{result}}',
        },
      ],
      width: 12,
      height: 7,
    }),
    timeSeries({
      title: 'Retries and changes of breakers',
      description:
        'Retries are held to a tenth of what is sent; many changes mean a downstream that comes and goes.',
      unit: 'ops',
      empty: unscraped,
      queries: [
        { expr: `sum(${rate('cheer_retries_total')})`, legend: 'retries' },
        { expr: `sum(${rate('cheer_breaker_transitions_total')})`, legend: 'changes' },
      ],
      width: 12,
      height: 7,
    }),
    timeSeries({
      title: 'Refused to protect the rest',
      description: 'Events that were shed, by reason; the producer is told when to come again.',
      unit: 'eps',
      empty: unscraped,
      queries: [{ expr: `sum by (reason) (${rate('cheer_shed_total')})`, legend: '{{reason}}' }],
      width: 12,
      height: 7,
    }),
  ],
};

/** What went wrong for good, and how long it took to be well again. */
export const quarantine: Row = {
  title: 'Quarantine and recovery',
  panels: [
    stat({
      title: 'In quarantine now',
      description: 'Poison events that wait for someone to replay or discard them.',
      unit: 'short',
      empty: unscraped,
      queries: [{ expr: `sum(${ofPods('cheer_quarantined_events')})`, legend: 'events' }],
      base: 'green',
      steps: [[1, 'yellow']],
      width: 4,
      height: 7,
    }),
    timeSeries({
      title: 'Quarantined by reason',
      description: 'A schema reason points at a producer, lookup at a downstream, bug at a step of ours.',
      unit: 'short',
      decimals: 0,
      empty: unscraped,
      queries: [
        {
          expr: `sum by (reason) (increase(${ofPods('cheer_quarantined_total')}[$__rate_interval]))`,
          legend: '{{reason}}',
        },
      ],
      bars: true,
      width: 10,
      height: 7,
    }),
    stat({
      title: 'Latest recovery',
      description: 'From leaving green to being back, the latest time in each service; 0 before the first.',
      unit: 's',
      empty: unscraped,
      queries: [
        {
          expr: `max by (service) (${ofPods('cheer_recovery_seconds')})`,
          legend: '{{service}}',
          instant: true,
        },
      ],
      base: 'text',
      width: 5,
      height: 7,
    }),
    stat({
      title: 'Duplicates are known for',
      description: 'How far back a repeated event is recognised; shorter than a day when many came.',
      unit: 's',
      empty: unscraped,
      queries: [
        {
          expr: `min by (service) (${ofPods('cheer_dedupe_window_seconds')})`,
          legend: '{{service}}',
          instant: true,
        },
      ],
      base: 'text',
      width: 5,
      height: 7,
    }),
  ],
};

/** The doors through which events come in. */
export const servers: Row = {
  title: 'HTTP and gRPC',
  panels: [
    timeSeries({
      title: 'HTTP requests by route and status',
      description: 'The route is its pattern, never the path.',
      unit: 'reqps',
      empty: 'No HTTP request in this time.',
      queries: [
        {
          expr: `sum by (route, status_code) (${rate('http_requests_total')})`,
          legend: '{{route}} {{status_code}}',
        },
      ],
      width: 6,
      height: 8,
    }),
    timeSeries({
      title: 'HTTP latency by route, p95',
      description: 'From the headers of a request to the end of its answer.',
      unit: 's',
      empty: 'No HTTP request in this time.',
      queries: [
        {
          expr: quantile(0.95, 'http_request_duration_seconds', 'route'),
          legend: '{{route}}',
          exemplars: true,
        },
      ],
      width: 6,
      height: 8,
    }),
    timeSeries({
      title: 'gRPC calls by method and code',
      description: 'Calls that were completed; a stream counts once, at its end.',
      unit: 'reqps',
      empty: 'No gRPC call was completed in this time.',
      queries: [
        {
          expr: `sum by (method, code) (${rate('grpc_server_handled_total')})`,
          legend: '{{method}} {{code}}',
        },
      ],
      width: 6,
      height: 8,
    }),
    timeSeries({
      title: 'gRPC latency by method, p95',
      description: 'Time that calls took; streams from their opening to their end.',
      unit: 's',
      empty: 'No gRPC call was completed in this time.',
      queries: [
        {
          expr: quantile(0.95, 'grpc_server_handling_seconds', 'method'),
          legend: '{{method}}',
          exemplars: true,
        },
      ],
      width: 6,
      height: 8,
    }),
  ],
};
