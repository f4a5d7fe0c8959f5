import {
  BrokenCircuitError,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleType,
} from 'cockatiel';
import { messageOf } from '../errors';
import type { OutgoingMessage, Publisher, PublishOutcome } from './publisher';
import type { RelayReport } from './relay-protocol';
import { RetryBudget } from './retry-budget';

/** A send that failed for the sink's sake: what the breaker counts. */
class SinkFailure extends Error {
  constructor(readonly outcome: PublishOutcome & { error: Error }) {
    super(outcome.error.message, { cause: outcome.error });
  }
}

export interface SenderOptions {
  readonly publisher: Publisher;
  readonly report: (report: RelayReport) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

const failuresToOpen = 5;
const sleepMs = { initialDelay: 500, maxDelay: 5_000 };

/**
 * All lanes send through this one breaker (closed -> open after five failures in a row -> half-open: one probe ->
 * closed or open again, each time for longer) and one retry budget. A missing topic or right does not open it: other
 * topics may do well.
 */
export class Sender {
  private readonly breaker = circuitBreaker(handleType(SinkFailure), {
    halfOpenAfter: new ExponentialBackoff(sleepMs),
    breaker: new ConsecutiveBreaker(failuresToOpen),
  });
  private readonly budget: RetryBudget;
  private readonly now: () => number;

  constructor(private readonly options: SenderOptions) {
    this.now = options.now ?? (() => performance.now());
    this.budget = new RetryBudget({ ratio: 0.1, perSecond: 1, most: 10, now: this.now });
    const states = { [CircuitState.Closed]: 'closed', [CircuitState.HalfOpen]: 'half_open' } as Partial<
      Record<CircuitState, 'closed' | 'half_open'>
    >;
    this.breaker.onStateChange((state) =>
      options.report({ kind: 'breaker', state: states[state] ?? 'open' }),
    );
  }

  /** Sends one batch, or says why not now: `held` means that nothing was tried. Never rejects. */
  async send(
    topic: string,
    batch: readonly OutgoingMessage[],
    retry: boolean,
  ): Promise<PublishOutcome | 'held'> {
    if (!retry) this.budget.earn();
    // While the breaker is not closed it decides: it lets a single probe through, which costs the budget nothing.
    else if (this.breaker.state === CircuitState.Closed && !this.budget.spend()) return 'held';
    try {
      return await this.breaker.execute(() => this.sendOnce(topic, batch, retry));
    } catch (error) {
      if (error instanceof SinkFailure) return error.outcome;
      if (error instanceof BrokenCircuitError) return 'held';
      throw error;
    }
  }

  private async sendOnce(
    topic: string,
    batch: readonly OutgoingMessage[],
    retry: boolean,
  ): Promise<PublishOutcome> {
    const startedAt = this.now();
    const outcome = await this.options.publisher.publish(topic, batch);
    this.options.report({
      kind: 'sent',
      result: outcome.kind,
      retry,
      seconds: (this.now() - startedAt) / 1000,
      ...('error' in outcome && { detail: messageOf(outcome.error) }),
    });
    if (outcome.kind === 'ambiguous' || (outcome.kind === 'waiting' && outcome.reason === 'unavailable')) {
      throw new SinkFailure(outcome);
    }
    return outcome;
  }
}
