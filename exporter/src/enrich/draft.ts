import type { StoredEvent } from '../event';
import { decodeResults, encodeResults, type FrozenResults } from './frozen-results';

/** The prefix that `Draft.add` takes for a field; steps make it once. */
export function labelOf(field: string): string {
  return `${JSON.stringify(field)}:`;
}

/**
 * One event on its way through the chain: the payload's bytes as they stand, and the text of `enriched` as it grows.
 * `enriched` is written as text and not built as an object, so that fields keep the order of the steps (objects put
 * number-like names first), a field named `__proto__` is only a name, and the default chain costs little.
 */
export class Draft {
  readonly event: StoredEvent;
  #payload: Buffer;
  #fields = '';
  #parsed = false;
  #value: unknown;
  #results: FrozenResults | undefined;
  #isNews = false;

  /** `waits` is told what holds up a step. */
  constructor(
    event: StoredEvent,
    readonly waits?: (detail: string) => void,
  ) {
    this.event = event;
    this.#payload = event.payload;
  }

  /** UTF-8 JSON text; the event's own buffer until a step changes it. */
  get payload(): Buffer {
    return this.#payload;
  }

  replacePayload(bytes: Buffer): void {
    if (bytes === this.#payload) return;
    this.#payload = bytes;
    this.#parsed = false;
    this.#value = undefined;
  }

  /** The payload parsed: once, when the first step asks. Read only, it is shared between steps. */
  value(): unknown {
    if (!this.#parsed) {
      this.#value = JSON.parse(this.#payload.toString('utf8'));
      this.#parsed = true;
    }
    return this.#value;
  }

  /** Appends a field: its label (see `labelOf`) and its JSON text. */
  add(label: string, json: string): void {
    this.#fields = this.#fields === '' ? label + json : `${this.#fields},${label}${json}`;
  }

  /** What this step found when the event was first enriched: JSON text, null for no field, undefined when it was not asked. */
  found(step: string): string | null | undefined {
    this.#results ??= decodeResults(this.event.frozen);
    return this.#results.get(step);
  }

  /** Notes what a step found and could find otherwise next time, so that it is kept with the event. */
  keep(step: string, json: string | null): void {
    this.#results ??= decodeResults(this.event.frozen);
    this.#results.set(step, json);
    this.#isNews = true;
  }

  /** What must be stored before the event is sent; undefined when there is nothing that is not stored already. */
  news(): string | undefined {
    return this.#isNews && this.#results ? encodeResults(this.#results) : undefined;
  }

  /** JSON text of the `enriched` object so far. */
  enriched(): string {
    return `{${this.#fields}}`;
  }
}
