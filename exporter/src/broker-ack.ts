import { SelfcheerError } from './errors';
import type { AppendOutcome, Event } from './event';
import { laneOf } from './outbox/keys';

interface Waiter {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * For `ack: broker`: holds an answer back until the sink has everything that it acknowledges. A duplicate waits for
 * all that its lane held when it came, for its original may be among that.
 */
export class BrokerAck {
  private readonly waiters = new Map<number, Set<Waiter>>();
  private over: Error | undefined;

  /** Resolves when all are settled; rejects with a retriable error after `timeoutMs`. */
  async settled(
    events: readonly Event[],
    outcomes: readonly AppendOutcome[],
    lanes: readonly { readonly low: number; readonly high: number }[],
    timeoutMs: number,
  ): Promise<void> {
    const until = new Map<number, number>();
    outcomes.forEach((outcome, i) => {
      if (outcome.status === 'conflict') return;
      const lane = laneOf(events[i]!, lanes.length);
      const seq = outcome.status === 'duplicate' ? lanes[lane]!.high : outcome.seq;
      until.set(lane, Math.max(until.get(lane) ?? 0, seq));
    });
    const open = [...until].filter(([lane, seq]) => lanes[lane]!.low <= seq);
    await Promise.all(open.map(([lane, seq]) => this.wait(lane, seq, timeoutMs)));
  }

  /** A lane is settled through `seq`. */
  note(lane: number, seq: number): void {
    for (const waiter of this.waiters.get(lane) ?? []) if (waiter.seq <= seq) waiter.resolve();
  }

  /** Rejects everything that waits, and from now on all that would have to. */
  giveUp(error: Error): void {
    this.over = error;
    for (const waiters of this.waiters.values()) for (const waiter of waiters) waiter.reject(error);
  }

  private async wait(lane: number, seq: number, timeoutMs: number): Promise<void> {
    if (this.over) throw this.over;
    const waiters = this.waiters.get(lane) ?? new Set();
    this.waiters.set(lane, waiters);
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { seq, resolve, reject };
        waiters.add(waiter);
        timer = setTimeout(() => {
          const message = `The sink did not acknowledge within ${timeoutMs} ms. Send again: what arrives late is then a duplicate.`;
          reject(new SelfcheerError('unavailable', message, { retriable: true }));
        }, timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      if (waiter) waiters.delete(waiter);
    }
  }
}
