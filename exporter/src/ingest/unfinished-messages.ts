import { smallBodyBytes } from './large-bodies';

/** First bytes of unfinished messages that all calls together may hold: what is beyond them is reserved as memory. */
const maxHeld = 16 * 2 ** 20;
const windowMs = 5_000;
const sweepMs = 1_000;

/** A call that sends a message piece by piece. */
export interface Sender {
  /** True while nothing is read of it, for reasons of ours. */
  readonly heldUp: boolean;
  /** Less came in a window than must. */
  tooSlow(): void;
}

interface Unfinished {
  held: number;
  /** Bytes that came since `from`, in monotonic milliseconds. */
  came: number;
  from: number;
}

/**
 * Messages that have begun and are not whole: what they hold before anything of it is reserved, and whether they still
 * come. Without it a client that stops in the middle of a message keeps its memory for as long as it likes.
 */
export class UnfinishedMessages {
  readonly #messages = new Map<Sender, Unfinished>();
  readonly #least: number;
  readonly #clock: () => number;
  #held = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `clock`: monotonic milliseconds. */
  constructor(minBytesPerSecond: number, clock: () => number) {
    this.#least = (minBytesPerSecond * windowMs) / 1000;
    this.#clock = clock;
  }

  /** Bytes held now, of each message its first 64 KiB at the most. */
  get held(): number {
    return this.#held;
  }

  /** Of a message of this call `bytes` are there by now, `came` of them just now. False when there is no room for them. */
  progress(call: Sender, bytes: number, came: number): boolean {
    const known = this.#messages.get(call);
    const held = Math.min(bytes, smallBodyBytes);
    const more = held - (known?.held ?? 0);
    if (this.#held + more > maxHeld) return false;
    this.#held += more;
    if (known) {
      known.held = held;
      known.came += came;
    } else {
      this.#messages.set(call, { held, came, from: this.#clock() });
      this.#timer ??= setInterval(() => this.sweep(), sweepMs).unref();
    }
    return true;
  }

  /** The message is whole, or will never be. */
  done(call: Sender): void {
    const known = this.#messages.get(call);
    if (!known) return;
    this.#messages.delete(call);
    this.#held -= known.held;
    if (this.#messages.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends what came too slowly; called once a second. */
  sweep(): void {
    const now = this.#clock();
    for (const [call, message] of this.#messages) {
      if (!call.heldUp && now - message.from < windowMs) continue;
      if (!call.heldUp && message.came < this.#least) {
        call.tooSlow();
        continue;
      }
      message.from = now;
      message.came = 0;
    }
  }
}
