import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LedgerDriverOptions {
  readonly url: string;
  /** Every id that was acknowledged stands here, synced, before the next request of its connection goes out. */
  readonly ledger: string;
  readonly count: number;
  /** Events of one key go over one connection, one request after the other. */
  readonly keys: number;
  readonly connections: number;
  readonly batch: number;
  /** All must be acknowledged by then. */
  readonly timeoutMs: number;
}

export interface DrivenEvent {
  readonly id: string;
  readonly key: string;
}

/** A producer that writes down what it was promised. Sends what was not answered again until it is. */
export class LedgerDriver {
  readonly #options: LedgerDriverOptions;
  readonly #agent: Agent;
  readonly #deadline: number;
  #acknowledged = 0;
  #resent = 0;

  constructor(options: LedgerDriverOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections });
    this.#deadline = Date.now() + options.timeoutMs;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Requests that ended without an answer. */
  get resent(): number {
    return this.#resent;
  }

  /** The ids that were acknowledged, from the ledger itself. */
  static read(ledger: string): string[] {
    return readFileSync(ledger, 'utf8').trimEnd().split('\n');
  }

  /** All events in their order. */
  *events(): Generator<DrivenEvent> {
    const { count, keys } = this.#options;
    for (let n = 0; n < count; n++) yield { id: `driven-${n}`, key: `key-${n % keys}` };
  }

  /** Resolves when every event is acknowledged. */
  async run(): Promise<void> {
    const { connections, keys, ledger } = this.#options;
    const shares: DrivenEvent[][] = Array.from({ length: connections }, () => []);
    let n = 0;
    for (const event of this.events()) shares[(n++ % keys) % connections]?.push(event);
    const file = openSync(ledger, 'wx');
    try {
      await Promise.all(shares.map((share) => this.#send(share, file)));
    } finally {
      this.#agent.destroy();
      closeSync(file);
    }
  }

  async #send(share: readonly DrivenEvent[], file: number): Promise<void> {
    const { batch } = this.#options;
    for (let at = 0; at < share.length; at += batch) {
      const events = share.slice(at, at + batch);
      while (!(await this.#acknowledges(events))) {
        if (Date.now() > this.#deadline)
          throw new Error(`${this.#acknowledged} acknowledged in time, no more`);
        this.#resent += 1;
        await sleep(50);
      }
      writeSync(file, events.map(({ id }) => `${id}\n`).join(''));
      fsyncSync(file);
      this.#acknowledged += events.length;
    }
  }

  async #acknowledges(events: readonly DrivenEvent[]): Promise<boolean> {
    const lines = events.map(
      ({ id, key }) => `{"event_id":"${id}","key":"${key}","payload":{"n":"${id}"}}\n`,
    );
    const answer = await this.#post(Buffer.from(lines.join(''))).catch(() => undefined);
    if (answer === undefined || answer.status === 503) return false;
    const { accepted, duplicates } = JSON.parse(answer.body) as { accepted: number; duplicates: number };
    if (answer.status === 202 && accepted + duplicates === events.length) return true;
    throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 500)}`);
  }

  #post(body: Buffer): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-ndjson',
        'content-length': body.length,
        prefer: 'return=minimal',
      };
      const url = new URL('/v1/events', this.#options.url);
      const sent = request(url, { method: 'POST', agent: this.#agent, headers, timeout: 30_000 });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      sent.end(body);
    });
  }
}
