import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from './weighted-proxy';

/** What callers saw, a count for each answer to a request; a request that is sent again counts again. */
export interface Seen {
  readonly acknowledged: number;
  /** Answers 503: come again later. A machine with too much to do gives them, whatever is released. */
  readonly refused: number;
  /** All other answers, and none, by whose it was; `nobody` when the proxy had none. */
  readonly errors: Readonly<Record<Side | 'nobody', number>>;
}

type Answer = 'acknowledged' | 'refused' | Side | 'nobody';

const callMs = 30_000;
const againMs = 200;
/** A producer that meets a bad build this often has met it every time. */
const mostTries = 20;
const mostUnderWay = 64;

/** A light real load: producers that send each event until it is acknowledged, and remember which were. */
export class Load {
  /** Payload by id, of every event that was acknowledged. */
  readonly acknowledged = new Map<string, string>();
  /** Ids that were given up. */
  readonly givenUp: string[] = [];
  private readonly errors: Record<Side | 'nobody', number> = { stable: 0, canary: 0, nobody: 0 };
  private readonly underWay = new Set<Promise<void>>();
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;
  private refused = 0;
  private count = 0;

  /** @param perSecond events; may be changed */
  constructor(
    private readonly url: string,
    public perSecond: number,
    private readonly prefix: string,
  ) {
    this.running = this.run();
  }

  seen(): Seen {
    return { acknowledged: this.acknowledged.size, refused: this.refused, errors: { ...this.errors } };
  }

  /** Sends no more, and waits until each event that was begun is acknowledged or given up. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
    await Promise.all(this.underWay);
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    let next = performance.now();
    while (!signal.aborted) {
      this.count += 1;
      // An open loop, but a bounded one: what hangs must not become a flood.
      if (this.underWay.size < mostUnderWay) {
        const sent = this.deliver(`${this.prefix}-${this.count}`).finally(() => this.underWay.delete(sent));
        this.underWay.add(sent);
      }
      next += 1_000 / this.perSecond;
      const early = next - performance.now();
      if (early > 0) await sleep(early, undefined, { signal }).catch(() => undefined);
      else await sleep(0);
    }
  }

  private async deliver(id: string): Promise<void> {
    const payload = JSON.stringify({ of: id });
    for (let attempt = 1; attempt <= mostTries; attempt += 1) {
      const answer = await this.send(id, payload);
      if (answer === 'acknowledged') {
        this.acknowledged.set(id, payload);
        return;
      }
      if (answer === 'refused') this.refused += 1;
      else this.errors[answer] += 1;
      await sleep(againMs);
    }
    this.givenUp.push(id);
  }

  private async send(id: string, payload: string): Promise<Answer> {
    try {
      const answer = await fetch(`${this.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"event_id":${JSON.stringify(id)},"payload":${payload}}`,
        signal: AbortSignal.timeout(callMs),
      });
      await answer.arrayBuffer();
      if (answer.status === 202) return 'acknowledged';
      if (answer.status === 503) return 'refused';
      return (answer.headers.get('x-side') as Side | null) ?? 'nobody';
    } catch {
      return 'nobody';
    }
  }
}
