import { latencyBuckets } from '../latency-window';
import { counter } from './instruments';
import { LatencyHistogram } from './latency-histogram';
import type { MetricsRegistry } from './registry';

/** What became of a message that was handed to a consumer. */
export const messageResults = ['processed', 'duplicate', 'failed'] as const;
/** One of `messageResults`. */
export type MessageResult = (typeof messageResults)[number];

/** See `createMessageMetrics`. */
export interface MessageMetrics {
  /** `topic` must be one of few: consumers subscribe to a list. */
  consumed(topic: string, result: MessageResult, count: number): void;
  /** Time that the processing of a message or a batch took; give the trace id only of a sampled trace. */
  took(topic: string, seconds: number, traceId: string | undefined): void;
}

/** Messages as a consumer sees them. */
export function createMessageMetrics(
  registry: MetricsRegistry,
  { latencyTargets }: { readonly latencyTargets?: readonly number[] } = {},
): MessageMetrics {
  const consumed = counter(registry, {
    name: 'messages_consumed_total',
    help: 'Messages that were consumed, by what became of them.',
    labelNames: ['topic', 'result'],
  });
  const duration = new LatencyHistogram(registry, {
    name: 'message_processing_seconds',
    help: 'Time that the processing of a message took, or of a batch where a consumer takes batches.',
    labelNames: ['topic'],
    buckets: latencyBuckets(latencyTargets),
  });
  const known = new Set<string>();
  return {
    consumed(topic, result, count) {
      if (!known.has(topic)) {
        known.add(topic);
        for (const each of messageResults) consumed.inc({ topic, result: each }, 0);
      }
      consumed.inc({ topic, result }, count);
    },
    took: (topic, seconds, traceId) => duration.series({ topic }).observe(seconds, traceId),
  };
}
