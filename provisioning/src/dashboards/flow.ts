import { frame, type Row } from '../frame';
import { bars, heatmap, stat, timeSeries } from '../panels';
import { ofPods, quantile, rate } from '../scope';
import { releaseAnnotation, stateAnnotations, ticker, uids } from '../shared-panels';
import { downstreams, quarantine, queues, servers } from './flow-details';

const noTraffic = 'Nothing came in during this time.';
const unscraped = 'No pod is scraped: see the overview for targets that are down.';
const stages = ['ingest', 'commit', 'enrich', 'publish'];
const latencyQueries = (q: number) => ({
  expr: quantile(q, 'stage_duration_seconds', 'stage'),
  legend: '{{stage}}',
  instant: true,
});

function throughput(title: string, description: string, counter: string) {
  return stat({
    title,
    description,
    unit: 'eps',
    empty: unscraped,
    queries: [{ expr: `sum(${rate(counter)})`, legend: title }],
    base: 'text',
    width: 6,
    height: 4,
  });
}

const flow: Row = {
  title: 'Ingest → enrich → publish',
  panels: [
    throughput(
      'Flushed to disk',
      'Events a second that are acknowledged: they are on disk.',
      'events_in_flushed_total',
    ),
    throughput('Enriched', 'Events a second that passed all steps.', 'events_enriched_total'),
    throughput('Published', 'Events a second that the sink acknowledged.', 'events_published_total'),
    throughput(
      'Quarantined',
      'Events a second that were set aside with their reason.',
      'cheer_quarantined_total',
    ),
    timeSeries({
      title: 'Throughput by stage',
      description: 'The three lines lie on each other; where one parts from the one before it, events wait.',
      unit: 'eps',
      empty: unscraped,
      queries: [
        { expr: `sum(${rate('events_in_flushed_total')})`, legend: 'flushed' },
        { expr: `sum(${rate('events_enriched_total')})`, legend: 'enriched' },
        { expr: `sum(${rate('events_published_total')})`, legend: 'published' },
      ],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: 'Answers to producers',
      description: 'Events by what was answered; refused and failed ones count against the SLO.',
      unit: 'eps',
      empty: unscraped,
      queries: [
        {
          expr: `sum by (transport, result) (${rate('ingests_total')})`,
          legend: '{{transport}}: {{result}}',
        },
      ],
      stacked: true,
      width: 12,
      height: 8,
    }),
  ],
};

const latency: Row = {
  title: 'Latency',
  panels: [
    ...([0.5, 0.95, 0.99] as const).map((q) =>
      bars({
        title: `Time in each stage, p${q * 100}`,
        description: `${q * 100} of a hundred events spend at most this long in the stage, now.`,
        unit: 's',
        min: 0,
        base: 'blue',
        empty: noTraffic,
        queries: [latencyQueries(q)],
        width: 8,
        height: 6,
      }),
    ),
    heatmap({
      title: 'Time to the acknowledgement',
      description: 'From reading an event to its acknowledgement; a dot leads to the trace of one event.',
      unit: 's',
      empty: noTraffic,
      queries: [
        {
          expr: `sum by (le) (${rate('ingest_latency_seconds_bucket')})`,
          legend: '{{le}}',
          format: 'heatmap',
          exemplars: true,
        },
      ],
      width: 12,
      height: 9,
    }),
    heatmap({
      title: 'Time that batches take',
      description: 'Batches of real traffic, from the outbox to the acknowledgement of the sink.',
      unit: 's',
      empty: noTraffic,
      queries: [
        {
          expr: `sum by (le) (${rate('cheer_batch_duration_seconds_bucket')})`,
          legend: '{{le}}',
          format: 'heatmap',
        },
      ],
      width: 12,
      height: 9,
    }),
    timeSeries({
      title: 'Time to the acknowledgement, p95 and p99',
      description: 'By transport, held against the target of the SLO; a dot leads to the trace of one event.',
      unit: 's',
      empty: noTraffic,
      queries: [
        {
          expr: quantile(0.95, 'ingest_latency_seconds', 'transport'),
          legend: '{{transport}} p95',
          exemplars: true,
        },
        { expr: quantile(0.99, 'ingest_latency_seconds', 'transport'), legend: '{{transport}} p99' },
        {
          expr: `min(${ofPods('cheer_latency_target_seconds', 'slo="ingest-latency"')})`,
          legend: 'target',
          limit: true,
        },
      ],
      width: 12,
      height: 8,
    }),
    timeSeries({
      title: 'Time in each stage over time, p95',
      description: `Where the time goes: ${stages.join(', ')}.`,
      unit: 's',
      empty: noTraffic,
      queries: [
        { expr: quantile(0.95, 'stage_duration_seconds', 'stage'), legend: '{{stage}}', exemplars: true },
      ],
      width: 12,
      height: 8,
    }),
  ],
};

/** The way of an event, from left to right: where does it stick? */
export const pipelineFlow = frame({
  uid: uids.flow,
  title: 'Pipeline flow',
  description: 'Ingest, enrich, publish: throughput, latency, queues, breakers and quarantine.',
  variables: ['namespace', 'service', 'pod'],
  annotations: [...stateAnnotations, releaseAnnotation],
  from: 'now-1h',
  rows: [{ panels: [ticker()] }, flow, latency, queues, downstreams, quarantine, servers],
});
