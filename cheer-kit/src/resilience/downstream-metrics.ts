import type { CheerEngine } from '../cheer-engine';
import type { CallResult, ResilienceEvent } from './events';

/** For `downstreamMetrics`. */
export interface DownstreamMetricsOptions {
  /** Knows the downstream by the same name; keeps `cheer_breaker_state` and `cheer_breaker_transitions_total`. */
  readonly engine: Pick<CheerEngine, 'setBreaker'>;
  /** `ResilienceMetrics.retried`, which counts `cheer_retries_total`. */
  readonly retried: (count: number) => void;
  /** Counts `downstream_calls_total` and, of them, `downstream_success_total`: what was tried, each attempt. */
  readonly called: (downstream: string, result: CallResult) => void;
}

/** Turns a downstream's events into metrics and the cheer: `downstream.subscribe(downstreamMetrics({ … }))`. */
export function downstreamMetrics(options: DownstreamMetricsOptions): (event: ResilienceEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'call':
        return event.attempt > 0 ? options.called(event.downstream, event.result) : undefined;
      case 'retry':
        return options.retried(1);
      case 'breaker':
        return options.engine.setBreaker(event.downstream, event.state);
      case 'fallback':
        return undefined;
    }
  };
}
