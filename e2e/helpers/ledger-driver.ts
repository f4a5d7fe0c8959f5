import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LedgerDriverOptions {
  readonly url: string;
  /** Every id that was acknowledged stands here with its body's hash, synced, before its connection goes on. */
  readonly ledger: string;
  /** How many events; Infinity until `stop`. */
  readonly count: number;
  /** Events of one key go over one connection, one request after the other. */
  readonly keys: number;
  readonly connections: number;
  readonly batch: number;
  /** All must be acknowledged by then. */
  readonly timeoutMs: number;
  /** Open loop: events a second that fall due, whatever the service does. Closed loop without it. */
  readonly rate?: number;
  /** Name of each of the keys by its index. Default `key-<index>`. */
  readonly keyOf?: (index: number) => string;
  /** JSON text of an event's payload; a pure function. Default: a small object with the event's number. */
  readonly payload?: (n: number) => string;
  /** Ids are `<prefix>-<n>`. Default `driven`. */
  readonly prefix?: string;
  /** Wait before a request that was not answered or refused goes out again. Default 50. */
  readonly retryMs?: number;
  /** A request without an answer is given up then. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Go out with every HTTP request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends a batch another way than over HTTP, and tells the answer as HTTP would; rejects when there is none. */
  readonly send?: (events: readonly DrivenEvent[]) => Promise<DrivenAnswer>;
  /** Called with each acknowledged batch: milliseconds from when it was due (open loop) or sent (closed loop). */
  readonly onAck?: (events: readonly DrivenEvent[], ms: number) => void;
}

export interface DrivenAnswer {
  /** HTTP's. */
  readonly status: number;
  /** JSON with `accepted` and `duplicates`, or with `code`. */
  readonly body: string;
}

export interface DrivenEvent {
  readonly n: number;
  readonly id: string;
  readonly key: string;
}

/** 64 bits of the SHA-256 of a payload's JSON text, hex. */
export function bodyHash(payload: string): string {
  return createHash('sha256').update(payload).digest('hex').slice(0, 16);
}

const plainPayload = (n: number): string => `{"n":"driven-${n}"}`;

/** A producer that writes down what it was promised. Sends what was not answered, or refused, again until it is. */
export class LedgerDriver {
  readonly #options: LedgerDriverOptions;
  readonly #agent: Agent;
  readonly #deadline: number;
  readonly #stopping = new AbortController();
  readonly #payload: (n: number) => string;
  readonly #keyOf: (index: number) => string;
  readonly #prefix: string;
  /** How many events each connection has begun to send. */
  readonly #begun: number[];
  readonly #refusals = new Map<string, number>();
  #abandoned = false;
  #acknowledged = 0;
  #resent = 0;

  constructor(options: LedgerDriverOptions) {
    if (options.connections > options.keys) throw new RangeError('more connections than keys');
    this.#options = options;
    this.#payload = options.payload ?? plainPayload;
    this.#keyOf = options.keyOf ?? ((index) => `key-${index}`);
    this.#prefix = options.prefix ?? 'driven';
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections });
    this.#deadline = performance.now() + options.timeoutMs;
    this.#begun = Array.from({ length: options.connections }, () => 0);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Requests that were sent again: refused, or without an answer. */
  get resent(): number {
    return this.#resent;
  }

  /** Refusals by `status code`, as `503 store_full`; without an answer as the name of the error. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals;
  }

  get ledger(): string {
    return this.#options.ledger;
  }

  /** The ids that were acknowledged, from the ledger itself. */
  static read(ledger: string): string[] {
    return [...LedgerDriver.promises(ledger)].map(([id]) => id);
  }

  /** Ids that were acknowledged, with the hash of the body, from the ledger itself. */
  static *promises(ledger: string): Generator<[id: string, hash: string]> {
    const text = readFileSync(ledger, 'latin1');
    for (let from = 0, to = 0; from < text.length; from = to + 1) {
      to = text.indexOf('\n', from);
      yield text.slice(from, to).split(' ') as [string, string];
    }
  }

  /** All events in their order. With a count without end: what was begun. */
  *events(): Generator<DrivenEvent> {
    const { count } = this.#options;
    for (let n = 0; n < count; n++) {
      if (count === Infinity && n > this.#lastBegun()) return;
      if (count !== Infinity || this.issued(n)) yield this.event(n);
    }
  }

  event(n: number): DrivenEvent {
    return { n, id: `${this.#prefix}-${n}`, key: this.#keyOf(n % this.#options.keys) };
  }

  /** The number of one of this driver's ids. */
  numberOf(id: string): number | undefined {
    if (!id.startsWith(`${this.#prefix}-`)) return undefined;
    const n = Number(id.slice(this.#prefix.length + 1));
    return Number.isSafeInteger(n) && n >= 0 ? n : undefined;
  }

  payload(n: number): string {
    return this.#payload(n);
  }

  /** The event as it goes out over HTTP: one line of NDJSON. */
  line({ n, id, key }: DrivenEvent): string {
    return `{"event_id":"${id}","key":"${key}","payload":${this.#payload(n)}}\n`;
  }

  /** Whether the event with this number was ever sent. */
  issued(n: number): boolean {
    const { keys, connections } = this.#options;
    const key = n % keys;
    const connection = key % connections;
    const share = this.#keysOf(connection);
    const position = Math.floor(n / keys) * share + Math.floor(key / connections);
    return position < (this.#begun[connection] ?? 0);
  }

  /** Ends a run without end: what is on its way is brought to its acknowledgement, nothing new begins. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Ends a run at once; what is on its way stays without acknowledgement. */
  abandon(): void {
    this.#stopping.abort();
    this.#abandoned = true;
    this.#agent.destroy();
  }

  /** Resolves when every event is acknowledged, or after `stop` all that was begun. */
  run(): Promise<void> {
    const running = this.#run();
    // A test that fails before it waits for this must fail for its own reason.
    running.catch(() => undefined);
    return running;
  }

  async #run(): Promise<void> {
    const { connections, ledger } = this.#options;
    const file = openSync(ledger, 'wx');
    try {
      await Promise.all(Array.from({ length: connections }, (_, connection) => this.#send(connection, file)));
    } finally {
      this.#agent.destroy();
      closeSync(file);
    }
  }

  async #send(connection: number, file: number): Promise<void> {
    const { onAck, rate, batch, connections } = this.#options;
    const began = performance.now();
    const spacingMs = rate === undefined ? 0 : (batch * connections * 1000) / rate;
    for (let round = 0; !this.#stopping.signal.aborted; round++) {
      let due = performance.now();
      if (rate !== undefined) {
        due = began + (round + connection / connections) * spacingMs;
        const early = due - performance.now();
        if (early > 0)
          await sleep(early, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
        if (this.#stopping.signal.aborted) return;
      }
      const events = this.#next(connection);
      if (events.length === 0) return;
      if (!(await this.#untilAcknowledged(events))) return;
      writeSync(file, events.map(({ id, n }) => `${id} ${bodyHash(this.#payload(n))}\n`).join(''));
      fsyncSync(file);
      this.#acknowledged += events.length;
      onAck?.(events, performance.now() - due);
    }
  }

  /** False when the run was abandoned. */
  async #untilAcknowledged(events: readonly DrivenEvent[]): Promise<boolean> {
    while (!(await this.#acknowledges(events))) {
      if (this.#abandoned) return false;
      if (performance.now() > this.#deadline) {
        throw new Error(
          `${this.#acknowledged} acknowledged in time, no more: ${JSON.stringify([...this.#refusals])}`,
        );
      }
      this.#resent += 1;
      await sleep(this.#options.retryMs ?? 50);
    }
    return true;
  }

  #keysOf(connection: number): number {
    const { keys, connections } = this.#options;
    return Math.ceil((keys - connection) / connections);
  }

  /** The next events of a connection; they count as issued from now on. */
  #next(connection: number): DrivenEvent[] {
    const { keys, connections, batch, count } = this.#options;
    const share = this.#keysOf(connection);
    const events: DrivenEvent[] = [];
    let position = this.#begun[connection] ?? 0;
    for (; events.length < batch; position++) {
      const n = Math.floor(position / share) * keys + connection + (position % share) * connections;
      if (n >= count) break;
      events.push(this.event(n));
    }
    this.#begun[connection] = position;
    return events;
  }

  #lastBegun(): number {
    const { keys } = this.#options;
    return Math.max(
      ...this.#begun.map((begun, connection) => (Math.ceil(begun / this.#keysOf(connection)) + 1) * keys),
    );
  }

  async #acknowledges(events: readonly DrivenEvent[]): Promise<boolean> {
    const { send } = this.#options;
    let answer: DrivenAnswer;
    try {
      answer = await (send
        ? send(events)
        : this.#post(Buffer.from(events.map((event) => this.line(event)).join(''))));
    } catch (error) {
      this.#refused((error as NodeJS.ErrnoException).code ?? (error as Error).message);
      return false;
    }
    const { status, body } = answer;
    if (status === 202) {
      const { accepted, duplicates } = JSON.parse(body) as { accepted: number; duplicates: number };
      if (accepted + duplicates === events.length) return true;
    } else if (status >= 500 || status === 429 || status === 408) {
      this.#refused(`${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ''}`.trim());
      return false;
    }
    throw new Error(`answered ${status}: ${body.slice(0, 500)}`);
  }

  #refused(why: string): void {
    this.#refusals.set(why, (this.#refusals.get(why) ?? 0) + 1);
  }

  #post(body: Buffer): Promise<DrivenAnswer> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-ndjson',
        'content-length': body.length,
        prefer: 'return=minimal',
        ...this.#options.headers,
      };
      const url = new URL('/v1/events', this.#options.url);
      const timeout = this.#options.requestTimeoutMs ?? 30_000;
      const sent = request(url, { method: 'POST', agent: this.#agent, headers, timeout });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        // The status was there, so it was decided: what breaks now is an answer that was cut.
        response.on('error', () => reject(new Error('cut answer')));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      sent.end(body);
    });
  }
}
