import type { StoredEvent } from '../event';

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

  constructor(event: StoredEvent) {
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

  /** JSON text of the `enriched` object so far. */
  enriched(): string {
    return `{${this.#fields}}`;
  }
}
