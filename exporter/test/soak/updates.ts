import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyHash } from '../../../e2e/helpers/ledger-driver';
import { type Message, payloadOf } from '../../../e2e/helpers/published';

const prefix = 'update-';
const retryMs = 50;

export interface UpdatesOptions {
  readonly ledger: string;
  /** Revisions a second. */
  readonly rate: number;
  /** Status of the answer to this body; rejects when there is none. */
  readonly post: (body: string) => Promise<number>;
}

export interface UpdatesAccount {
  readonly acked: number;
  readonly found: number;
  readonly duplicates: number;
  /** Revisions, as `id revision`: acknowledged and nowhere, not as sent, first seen after a later one. */
  readonly missing: readonly string[];
  readonly altered: readonly string[];
  readonly disordered: readonly string[];
}

/** A producer that sends new bodies under the same id, each after the one before is acknowledged. */
export class Updates {
  readonly #found = new Map<string, string>();
  readonly #last = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly #altered: string[] = [];
  readonly #disordered: string[] = [];
  #duplicates = 0;
  #issued: readonly [id: number, revision: number] = [-1, 0];
  #acknowledged = 0;

  constructor(private readonly options: UpdatesOptions) {}

  static payload(id: number, revision: number): string {
    return `{"update":${id},"body":${revision}}`;
  }

  /** How many bodies an id gets: 1 to 3. */
  static revisionsOf(id: number): number {
    return 1 + (id % 3);
  }

  static owns(message: Pick<Message, 'headers'>): boolean {
    return (message.headers['ce_id'] ?? '').startsWith(prefix);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Ends the run; what is on its way is brought to its acknowledgement. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Resolves after `stop`. Rejects when an answer is neither yes nor "again later". */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    const file = openSync(this.options.ledger, 'wx');
    try {
      for (let id = 0; ; id++) {
        for (let revision = 1; revision <= Updates.revisionsOf(id); revision++) {
          if (signal.aborted) return;
          this.#issued = [id, revision];
          const payload = Updates.payload(id, revision);
          await this.#untilAcknowledged(
            `{"event_id":"${prefix}${id}","key":"update-key-${id % 8}","payload":${payload}}`,
          );
          writeSync(file, `${prefix}${id} ${revision} ${bodyHash(payload)}\n`);
          fsyncSync(file);
          this.#acknowledged += 1;
          await sleep(1000 / this.options.rate, undefined, { signal }).catch(() => undefined);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  /** A message from the sink, in the order of the sink. */
  add(message: Message): void {
    const id = message.headers['ce_id'] ?? '';
    const number = Number(id.slice(prefix.length));
    const revision = Number(message.headers['ce_revision']);
    const name = `${id} ${revision}`;
    const payload = payloadOf(message);
    if (!this.#wasIssued(number, revision) || payload !== Updates.payload(number, revision)) {
      this.#altered.push(name);
    }
    if (this.#found.has(name)) {
      this.#duplicates += 1;
      return;
    }
    this.#found.set(name, bodyHash(payload));
    if (revision <= (this.#last.get(id) ?? 0)) this.#disordered.push(name);
    this.#last.set(id, revision);
  }

  /** After the whole sink was read. */
  account(): UpdatesAccount {
    const lines = readFileSync(this.options.ledger, 'utf8').split('\n').filter(Boolean);
    const missing = lines.flatMap((line) => {
      const [id = '', revision = '', hash] = line.split(' ');
      return this.#found.get(`${id} ${revision}`) === hash ? [] : [`${id} ${revision}`];
    });
    return {
      acked: lines.length,
      found: this.#found.size,
      duplicates: this.#duplicates,
      missing,
      altered: this.#altered,
      disordered: this.#disordered,
    };
  }

  #wasIssued(id: number, revision: number): boolean {
    const [last, lastRevision] = this.#issued;
    if (!(revision >= 1) || id > last) return false;
    return revision <= (id === last ? lastRevision : Updates.revisionsOf(id));
  }

  async #untilAcknowledged(body: string): Promise<void> {
    for (;;) {
      const status = await this.options.post(body).catch(() => 0);
      if (status === 202) return;
      if (status !== 0 && status < 500 && status !== 429 && status !== 408) {
        throw new Error(`an update was answered ${status}`);
      }
      await sleep(retryMs);
    }
  }
}
