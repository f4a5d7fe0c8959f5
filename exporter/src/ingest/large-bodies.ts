import { ByteBudget } from './byte-budget';

/** What a body may have in memory before it counts as large, in bytes. */
export const smallBodyBytes = 64 * 1024;
/** Share of the memory that large bodies may hold together; the rest stays free for everything else. */
const largeShare = 3 / 4;

/**
 * What buffered bodies hold beyond their first bytes: a body that comes slowly keeps its memory for as long as it
 * comes, and many of them must not keep small events out.
 */
export class LargeBodies {
  readonly #share: ByteBudget;
  #holding = 0;
  #stalled = 0;

  /** `memory`: bytes of events that may be in memory at once. */
  constructor(memory: number) {
    this.#share = new ByteBudget(memory * largeShare);
  }

  /** Bytes held now. May exceed the share by one body that is alone. */
  get used(): number {
    return this.#share.used;
  }

  open(): LargeBody {
    let held = 0;
    let closed = false;
    const took = (bytes: number): void => {
      if (held === 0) this.#holding++;
      held += bytes;
    };
    const tryGrow = (bytes: number): boolean => {
      if (!this.#share.tryReserve(bytes)) {
        if (held === 0 || this.#holding > 1) return false;
        this.#share.charge(bytes); // alone: one that is larger than the share would wait for ever
      }
      took(bytes);
      return true;
    };
    const shrink = (): void => {
      if (held === 0) return;
      this.#holding--;
      const bytes = held;
      held = 0;
      this.#share.release(bytes);
    };
    return {
      get held() {
        return held;
      },
      tryGrow,
      // The last one to wait while all others do waits for nothing: it goes, so that they come to their end.
      stuck: () => this.#stalled + (held > 0 ? 1 : 0) >= this.#holding,
      grow: async (bytes, signal) => {
        const stalls = held > 0;
        if (stalls) this.#stalled++;
        try {
          await this.#share.reserve(bytes, signal);
        } finally {
          if (stalls) this.#stalled--;
        }
        if (closed) this.#share.release(bytes);
        else took(bytes);
      },
      shrink,
      close: () => {
        closed = true;
        shrink();
      },
    };
  }
}

/** One body's part of it. */
export interface LargeBody {
  /** Bytes of the share that are this body's. */
  readonly held: number;
  /** Takes the bytes at once, or takes nothing and returns false. */
  tryGrow(bytes: number): boolean;
  /** True when waiting is in vain, because every body that could give memory back waits too. */
  stuck(): boolean;
  /** Resolves when the bytes are taken; rejects with the signal's reason. */
  grow(bytes: number, signal: AbortSignal): Promise<void>;
  /** Gives everything back; the body may take again. */
  shrink(): void;
  /** Gives everything back; the body takes nothing more. */
  close(): void;
}
