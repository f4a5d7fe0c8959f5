import { callResults, type CallResult } from '../resilience/events';
import { combinations, counter } from './instruments';
import type { MetricsRegistry } from './registry';

/** What is called over the network, as `downstreamMetrics` wants it told. */
export interface CallMetrics {
  /** Counts `count` attempts, 1 when absent. */
  called(downstream: string, result: CallResult, count?: number): void;
}

/** Calls to downstreams by result; `downstreams` is a closed list, and all series are there from the start. */
export function createCallMetrics(registry: MetricsRegistry, downstreams: readonly string[]): CallMetrics {
  const successes = counter(
    registry,
    { name: 'downstream_success_total', help: 'Calls that succeeded.', labelNames: ['downstream'] },
    combinations({ downstream: downstreams }),
  );
  const calls = counter(
    registry,
    { name: 'downstream_calls_total', help: 'Calls by result.', labelNames: ['downstream', 'result'] },
    combinations({ downstream: downstreams, result: callResults }),
  );
  return {
    called(downstream, result, count = 1) {
      calls.inc({ downstream, result }, count);
      if (result === 'success') successes.inc({ downstream }, count);
    },
  };
}
