import { randomUUID } from 'node:crypto';
import { createEvent, heartbeatType, type Acceptor, type EventDefaults } from '../event';

export interface HeartbeatOptions {
  /** Resolves when the event is durable; must not wait for the sink. */
  readonly append: Acceptor['append'];
  readonly defaults: EventDefaults;
  readonly intervalSeconds: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Monotonic milliseconds of the last real event that was accepted; undefined when there was none. */
  readonly lastRealAt: () => number | undefined;
}

/**
 * At idle, one synthetic event after another goes through the store, enrichment and the sink, so that silence never
 * looks healthy. The next one waits until the one before is settled: a dead sink does not gather heartbeats.
 */
export class Heartbeat {
  private readonly run = randomUUID();
  private beats = 0;
  private outstandingSince: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: HeartbeatOptions) {}

  start(): void {
    void this.beat();
    this.timer = setInterval(() => void this.beat(), this.options.intervalSeconds * 1000);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The synthetic lane has been settled. */
  settled(): void {
    this.outstandingSince = undefined;
  }

  /** Seconds for which a heartbeat has been on its way; 0 when none is. */
  outstandingSeconds(): number {
    return this.outstandingSince === undefined ? 0 : (this.options.now() - this.outstandingSince) / 1000;
  }

  private async beat(): Promise<void> {
    const { now, lastRealAt, intervalSeconds, append, defaults } = this.options;
    const realAt = lastRealAt();
    const busy = realAt !== undefined && now() - realAt < intervalSeconds * 1000;
    if (busy || this.outstandingSince !== undefined) return;
    this.outstandingSince = now();
    this.beats += 1;
    const draft = {
      id: `heartbeat-${this.run}-${this.beats}`,
      payload: Buffer.from(`{"beat":${this.beats}}`),
    };
    const arrival = { receivedAt: Date.now(), tenant: 'selfcheer', traffic: 'synthetic' } as const;
    try {
      await append([createEvent(draft, arrival, { ...defaults, type: heartbeatType })]);
    } catch {
      // The store refuses: its own state says so, louder than a missing heartbeat could.
      this.outstandingSince = undefined;
    }
  }
}
