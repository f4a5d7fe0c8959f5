import { SelfcheerError } from './errors';
import type { AppendOutcome, Event, QuarantineVerdict } from './event';
import { laneOf } from './outbox/keys';

/** A record that was not published but set aside. */
interface SetAside {
  readonly seq: number;
  readonly verdict: QuarantineVerdict;
}

interface Waiter {
  /** The request's own records in this lane stand in a row, from here to `to`. */
  readonly from: number;
  readonly to: number;
  /** Settled when the lane is settled so far. */
  readonly through: number;
  readonly setAside: SetAside[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface LaneMarks {
  readonly low: number;
  readonly high: number;
}

export interface BrokerAckOptions {
  readonly timeoutMs: number;
  /** Marks of every lane, as they are at the moment. */
  readonly lanes: () => readonly LaneMarks[];
  /** Of each of these the verdict, if it is in quarantine now. */
  readonly quarantined: (
    events: readonly { readonly identity: Buffer; readonly revision: number }[],
  ) => Promise<(QuarantineVerdict | undefined)[]>;
}

/**
 * For `ack: broker`: holds an answer back until the sink has everything that it acknowledges.
 *
 * A duplicate waits for all that its lane holds, for its original may be among that. What is in quarantine, new or as
 * the original of a duplicate, is not acknowledged: its outcome becomes `quarantined`. While the sink is known to be
 * away nothing is taken at all; what waits already goes on waiting, for it is stored and will be published.
 */
export class BrokerAck {
  private readonly waiters = new Map<number, Set<Waiter>>();
  private over: Error | undefined;
  private sinkAway = false;

  constructor(private readonly options: BrokerAckOptions) {}

  /** The breaker in front of the sink has changed; `closed` when the relay starts. */
  breaker(state: 'closed' | 'open' | 'half_open'): void {
    this.sinkAway = state !== 'closed';
  }

  /** Why nothing may be stored now. */
  refusal(): SelfcheerError | undefined {
    if (!this.sinkAway) return undefined;
    const message = 'The sink is away, and with ack: broker nothing is taken meanwhile. Send again.';
    return new SelfcheerError('unavailable', message, { retriable: true });
  }

  /**
   * Resolves when all are settled, with what to answer; rejects with a retriable error after the timeout. Call it in
   * the same turn in which the outcomes came: then nothing of them can be settled unseen.
   */
  async settled(events: readonly Event[], outcomes: readonly AppendOutcome[]): Promise<AppendOutcome[]> {
    const deadline = performance.now() + this.options.timeoutMs;
    const own = this.waitForOwn(outcomes, deadline);
    own.catch(() => undefined); // it is awaited below, after the duplicates have been looked up
    const answers = [...outcomes];
    await this.reject(events, answers);
    const lanes = this.options.lanes();
    const shared = new Set<number>();
    answers.forEach((answer, i) => {
      if (answer.status === 'duplicate') shared.add(laneOf(events[i]!, lanes.length));
    });
    const none = { from: Infinity, to: -Infinity };
    const [setAside] = await Promise.all([
      own,
      ...[...shared].map((lane) => this.wait(lane, { ...none, through: lanes[lane]!.high }, deadline)),
    ]);
    answers.forEach((answer, i) => {
      const verdict = 'seq' in answer && setAside.get(`${answer.lane}:${answer.seq}`);
      if (verdict) answers[i] = { status: 'quarantined', revision: answer.revision, verdict };
    });
    await this.reject(events, answers);
    return answers;
  }

  /** A lane is settled through `seq`; `refused` of it went to quarantine. */
  note(lane: number, seq: number, refused: readonly SetAside[]): void {
    for (const waiter of this.waiters.get(lane) ?? []) {
      for (const one of refused) {
        if (waiter.from <= one.seq && one.seq <= waiter.to) waiter.setAside.push(one);
      }
      if (waiter.through <= seq) waiter.resolve();
    }
  }

  /** Rejects everything that waits, and from now on all that would have to. */
  giveUp(error: Error): void {
    this.over = error;
    for (const waiters of this.waiters.values()) for (const waiter of waiters) waiter.reject(error);
  }

  /** Turns duplicates whose original is in quarantine into what they must be answered with. */
  private async reject(events: readonly Event[], answers: AppendOutcome[]): Promise<void> {
    const asked: number[] = [];
    answers.forEach(({ status }, i) => void (status === 'duplicate' && asked.push(i)));
    if (asked.length === 0) return;
    const verdicts = await this.options.quarantined(
      asked.map((i) => ({ identity: events[i]!.identity, revision: answers[i]!.revision })),
    );
    asked.forEach((i, j) => {
      const verdict = verdicts[j];
      if (verdict) answers[i] = { status: 'quarantined', revision: answers[i]!.revision, verdict };
    });
  }

  /** By `lane:seq`, the verdicts on those that were set aside. */
  private async waitForOwn(
    outcomes: readonly AppendOutcome[],
    deadline: number,
  ): Promise<Map<string, QuarantineVerdict>> {
    const spans = new Map<number, { from: number; to: number; through: number }>();
    for (const outcome of outcomes) {
      if (!('seq' in outcome)) continue;
      const { lane, seq } = outcome;
      const span = spans.get(lane);
      if (span) span.to = span.through = seq;
      else spans.set(lane, { from: seq, to: seq, through: seq });
    }
    const setAside = new Map<string, QuarantineVerdict>();
    const wait = async (lane: number, span: { from: number; to: number; through: number }): Promise<void> => {
      for (const { seq, verdict } of await this.wait(lane, span, deadline)) {
        setAside.set(`${lane}:${seq}`, verdict);
      }
    };
    await Promise.all([...spans].map(([lane, span]) => wait(lane, span)));
    return setAside;
  }

  /** `deadline`: monotonic milliseconds. */
  private async wait(
    lane: number,
    span: Pick<Waiter, 'from' | 'to' | 'through'>,
    deadline: number,
  ): Promise<readonly SetAside[]> {
    const setAside: SetAside[] = [];
    if (this.options.lanes()[lane]!.low > span.through) return setAside;
    if (this.over) throw this.over;
    const waiters = this.waiters.get(lane) ?? new Set();
    this.waiters.set(lane, waiters);
    let timer: NodeJS.Timeout | undefined;
    let waiter: Waiter | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { ...span, setAside, resolve, reject };
        waiters.add(waiter);
        const late = (): void => {
          const message = `The sink did not acknowledge within ${this.options.timeoutMs} ms. Send again: what arrives late is then a duplicate.`;
          reject(new SelfcheerError('unavailable', message, { retriable: true }));
        };
        timer = setTimeout(late, Math.max(0, deadline - performance.now()));
      });
      return setAside;
    } finally {
      clearTimeout(timer);
      if (waiter) waiters.delete(waiter);
    }
  }
}
