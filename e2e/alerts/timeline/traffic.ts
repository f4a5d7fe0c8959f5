import { setTimeout as sleep } from 'node:timers/promises';
import type { ExporterProcess } from '../../helpers/exporter-process';

/** A refusal counts as one ingest, however many events would have come: with few in a post it weighs as much. */
const eventsPerPost = 2;
const posters = 4;
const postEveryMs = 50;
const askEveryMs = 50;
const poisonEveryMs = 2_000;

/** Orders to the exporter and requests to the shop, all the time, whatever comes back. */
export class Traffic {
  /** Now and then an event can't be enriched. */
  poisoned = false;
  private poisonedAt = 0;
  private readonly over = new AbortController();
  private readonly loops: Promise<void>[];
  private resume: Promise<unknown> | undefined;
  private readonly sending = new Set<Promise<void>>();
  private sent = 0;

  constructor(
    private readonly exporter: ExporterProcess,
    private readonly shop: string,
  ) {
    this.loops = [
      ...Array.from({ length: posters }, () => this.again(postEveryMs, () => this.order())),
      this.again(askEveryMs, () => this.ask()),
    ];
  }

  private async again(everyMs: number, once: () => Promise<void>): Promise<void> {
    while (!this.over.signal.aborted) {
      // Who is asked may be away: that is what it is about.
      await once().catch(() => undefined);
      await sleep(everyMs);
    }
  }

  /** No orders while `work` goes on; what was sent before is settled first. */
  async without(work: () => Promise<void>): Promise<void> {
    let go = (): void => undefined;
    this.resume = new Promise<void>((resolve) => (go = resolve));
    try {
      await Promise.allSettled(this.sending);
      await this.exporter.settled();
      await work();
    } finally {
      this.resume = undefined;
      go();
    }
  }

  private async order(): Promise<void> {
    await this.resume;
    const bad = this.poisoned && performance.now() - this.poisonedAt > poisonEveryMs;
    if (bad) this.poisonedAt = performance.now();
    const events = Array.from({ length: eventsPerPost }, (_, i) => {
      const n = ++this.sent;
      const payload = bad && i === 0 ? { note: 'no amount' } : { amount: n };
      return { event_id: `order-${n}`, type: 'shop.order', key: `c${n % 50}`, payload };
    });
    const sending = this.post(events);
    this.sending.add(sending);
    await sending.finally(() => this.sending.delete(sending));
  }

  private async post(events: readonly object[]): Promise<void> {
    const answer = await this.exporter.post(JSON.stringify(events), { 'content-type': 'application/json' });
    await answer.arrayBuffer();
  }

  private async ask(): Promise<void> {
    const answer = await fetch(`${this.shop}/orders/1/price`, { signal: AbortSignal.timeout(10_000) });
    await answer.arrayBuffer();
  }

  async dispose(): Promise<void> {
    this.over.abort();
    await Promise.all(this.loops);
  }
}
