import { crc32 } from 'node:zlib';
import type { OutgoingEvent } from './event';
import type { Settlement } from './delivery';

export interface DispatcherOptions {
  readonly concurrency: number;
  /** Most events in one request. */
  readonly batch: number;
  readonly deliver: (batch: readonly OutgoingEvent[]) => Promise<Settlement>;
  readonly onSettled: (batch: readonly OutgoingEvent[], settlement: Settlement) => void;
}

const batchBytes = 2 ** 20;
/** Texts held in all lanes together, in UTF-16 units: the reader waits above it. */
const heldUnits = 32 * 2 ** 20;
/** Full batches that may wait for each connection. */
const batchesHeld = 4;
/** A batch that does not fill up goes after this long, so that a slow source or a rate limit stays smooth. */
const lingerMs = 25;

interface Lane {
  readonly queue: OutgoingEvent[];
  sending: boolean;
  linger: NodeJS.Timeout | undefined;
}

/**
 * Spreads events over connections by their key, as the outbox does over its lanes: each connection has one request in
 * flight, so the events of one key arrive in the order of the file.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #lanes: readonly Lane[];
  #held = 0;
  #heldUnits = 0;
  #failure: { readonly error: unknown } | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.concurrency }, () => ({
      queue: [],
      sending: false,
      linger: undefined,
    }));
  }

  /** True while a request is in flight. */
  get busy(): boolean {
    return this.#lanes.some((lane) => lane.sending);
  }

  /** Takes one event; a promise means: wait for it before the next. It rejects once sending has failed. */
  add(event: OutgoingEvent): Promise<void> | undefined {
    const lane = this.#lanes[crc32(event.key) % this.#lanes.length] as Lane;
    lane.queue.push(event);
    this.#held += 1;
    this.#heldUnits += event.body.length;
    if (lane.queue.length >= this.#options.batch || event.body.length >= batchBytes) this.#send(lane);
    else if (!lane.sending) lane.linger ??= setTimeout(() => this.#send(lane), lingerMs);
    return this.#failure !== undefined || this.#full ? this.#settle(() => !this.#full) : undefined;
  }

  /** Sends what is left and waits until all of it has its answer. */
  async finish(): Promise<void> {
    for (const lane of this.#lanes) this.#send(lane);
    await this.#settle(() => this.#held === 0);
  }

  /** Starts no further request; resolves when those in flight have ended, however they did. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const lane of this.#lanes) clearTimeout(lane.linger);
    while (this.busy) await this.#next();
  }

  get #full(): boolean {
    const { concurrency, batch } = this.#options;
    return this.#held >= concurrency * batch * batchesHeld || this.#heldUnits >= heldUnits;
  }

  async #settle(done: () => boolean): Promise<void> {
    while (this.#failure === undefined && !done()) {
      // What lies in lanes that are not full would otherwise wait for their timers.
      if (!this.busy) for (const lane of this.#lanes) this.#send(lane);
      await this.#next();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #send(lane: Lane): void {
    clearTimeout(lane.linger);
    lane.linger = undefined;
    if (lane.sending || lane.queue.length === 0 || this.#stopped || this.#failure !== undefined) return;
    const batch = lane.queue.splice(0, this.#batchLength(lane.queue));
    lane.sending = true;
    this.#options
      .deliver(batch)
      .then((settlement) => this.#options.onSettled(batch, settlement))
      .catch((error: unknown) => (this.#failure ??= { error }))
      .finally(() => {
        lane.sending = false;
        this.#held -= batch.length;
        for (const event of batch) this.#heldUnits -= event.body.length;
        this.#send(lane);
        this.#wake?.();
      });
  }

  #batchLength(queue: readonly OutgoingEvent[]): number {
    let units = 0;
    for (let length = 0; length < queue.length && length < this.#options.batch; length += 1) {
      units += queue[length]?.body.length ?? 0;
      if (units > batchBytes) return Math.max(1, length);
    }
    return Math.min(queue.length, this.#options.batch);
  }
}
