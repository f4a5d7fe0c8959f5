import {
  AimdLimit,
  Breaker,
  BreakerOpenError,
  RetryBudget,
  sourceWindow,
  systemClock,
  type AimdResult,
  type Clock,
} from '@selfcheer/cheer-kit';
import { messageOf } from '../errors';
import type { BatchTrace } from './batch-trace';
import type { OutgoingMessage, Publisher, PublishOutcome } from './publisher';
import type { RelayReport } from './relay-protocol';

/** A send that failed for the sink's sake: what the breaker counts. */
class SinkFailure extends Error {
  constructor(readonly outcome: PublishOutcome & { error: Error }) {
    super(outcome.error.message, { cause: outcome.error });
  }
}

export interface SenderOptions {
  readonly publisher: Publisher;
  readonly report: (report: RelayReport) => void;
  /** How many there are, the synthetic one included, which is the last. */
  readonly lanes: number;
  readonly clock?: Clock;
}

const window = { threshold: 0.5, minimumCalls: 4, windowSeconds: 10 };
const sleep = { sleepSeconds: 0.5, maxSleepSeconds: 5 };
const budget = { ratio: 0.1, perSecond: 1, most: 10 };
const leastConcurrency = 2;
/** A send that takes longer gives its slot to others. */
const patienceSeconds = 1;
/** More than the longest time for which a lane that is held waits before it asks again. */
const yieldMs = 500;

/**
 * All lanes send through one breaker and one retry budget. How many send at a time has two limits: one for lanes whose
 * last send went well, and one, of half the lanes at most, for those in doubt, whose last send failed. So however many
 * lanes hang for a time-out each, they wait for each other only. Lanes in doubt also leave it to others to probe.
 *
 * The breaker opens when more than half of the lanes that sent in the last 10 s failed the last time, with four failures
 * between them. Lanes are what is counted, and not sends: one stuck lane that tries over and over does not stop the
 * others, and a sink that goes away is not hidden by the thousand sends that went well before. A missing topic or right
 * is no failure: other topics may do well.
 *
 * The synthetic lane needs no slot: the heartbeat has to tell how the sink does when all slots are in use.
 */
export class Sender {
  private readonly breaker: Breaker;
  private readonly budget: RetryBudget;
  private readonly limit: AimdLimit;
  private readonly limitInDoubt: AimdLimit;
  private readonly inDoubt = new Set<number>();
  /** Monotonic milliseconds at which the breaker last held a lane that is not in doubt. */
  private heldAt = -Infinity;
  private readonly clock: Clock;

  constructor(private readonly options: SenderOptions) {
    const { publisher, report, lanes, clock = systemClock } = options;
    this.clock = clock;
    this.breaker = new Breaker({
      name: publisher.downstream,
      window: sourceWindow({ ...window, clock }),
      ...sleep,
      isFailure: (error) => error instanceof SinkFailure,
      clock,
    });
    this.breaker.subscribe((state) => report({ kind: 'breaker', downstream: publisher.downstream, state }));
    this.budget = new RetryBudget({ ...budget, now: () => clock.monotonic() });
    const limitOf = (max: number): AimdLimit =>
      new AimdLimit({ min: Math.min(leastConcurrency, max), max, patienceSeconds, clock });
    this.limit = limitOf(Math.max(1, lanes - 1));
    this.limitInDoubt = limitOf(Math.max(1, Math.floor((lanes - 1) / 2)));
  }

  /** True while the breaker decides when it is tried again. */
  get open(): boolean {
    return this.breaker.state !== 'closed';
  }

  /**
   * Sends one batch, or says why not now: `held` means that nothing was tried, or that the deadline came while it
   * waited for a slot. Never rejects. `trace` gets a span for what was tried.
   */
  async send(
    topic: string,
    batch: readonly OutgoingMessage[],
    retry: boolean,
    deadline: AbortSignal,
    trace?: BatchTrace,
  ): Promise<PublishOutcome | 'held'> {
    const lane = batch[0]?.lane ?? 0;
    if (this.open && this.inDoubt.has(lane) && this.clock.monotonic() - this.heldAt < yieldMs) return 'held';
    // While the breaker is not closed it decides: it lets a single probe through, which costs the budget nothing.
    if (retry && !this.open && !this.budget.spend()) return 'held';
    const ended = await this.slot(lane, deadline);
    if (!ended) return 'held';
    let result: AimdResult = 'neither';
    try {
      const outcome = await this.breaker.run(() => this.sendOnce(topic, batch, retry, trace), {
        source: lane,
      });
      result = 'good';
      this.inDoubt.delete(lane);
      return outcome;
    } catch (error) {
      if (error instanceof BreakerOpenError) {
        if (!this.inDoubt.has(lane)) this.heldAt = this.clock.monotonic();
        return 'held';
      }
      if (!(error instanceof SinkFailure)) throw error;
      result = 'bad';
      this.inDoubt.add(lane);
      return error.outcome;
    } finally {
      ended(result);
    }
  }

  /** Undefined when the deadline came first. */
  private slot(lane: number, deadline: AbortSignal): Promise<((result: AimdResult) => void) | undefined> {
    if (lane === this.options.lanes - 1) return Promise.resolve(() => undefined);
    const limit = this.inDoubt.has(lane) ? this.limitInDoubt : this.limit;
    return limit.acquire(deadline).catch(() => undefined);
  }

  private async sendOnce(
    topic: string,
    batch: readonly OutgoingMessage[],
    retry: boolean,
    trace: BatchTrace | undefined,
  ): Promise<PublishOutcome> {
    if (!retry) this.budget.earn();
    const startedAt = this.clock.monotonic();
    const sent = trace?.sending(topic, batch, retry);
    const outcome = await this.options.publisher.publish(topic, batch);
    sent?.(outcome);
    this.options.report({
      kind: 'sent',
      result: outcome.kind,
      retry,
      seconds: (this.clock.monotonic() - startedAt) / 1000,
      ...('error' in outcome && { detail: messageOf(outcome.error) }),
    });
    if (outcome.kind === 'ambiguous' || (outcome.kind === 'waiting' && outcome.reason === 'unavailable')) {
      throw new SinkFailure(outcome);
    }
    return outcome;
  }
}
