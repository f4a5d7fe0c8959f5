import type { JWSHeaderParameters, KeyLike } from 'jose';
import { systemClock, type Clock } from '../clock';
import { abortable } from '../discovery/abortable';
import { asError } from '../resilience/errors';
import { parseKeySet, type KeySet } from './jwt-key-set';
import { KeysError, readKeySource, sourceName, type KeySource } from './jwt-key-source';

export interface JwtKeysOptions {
  readonly source: KeySource;
  /** The keys could not be read, and those that are there go on being used. Called once for each time in a row. */
  readonly onProblem: (error: Error) => void;
  /** A key is gone or has changed: what was checked with it no longer counts. */
  readonly onRemoved: () => void;
  readonly clock?: Clock;
  /** Seconds for one reading; 5 when absent. */
  readonly timeoutSeconds?: number;
}

/** Keys are read this often, so that one that was taken back is soon not accepted any more. */
const refreshMs = 600_000;
/** And this often while they can't be read. */
const retryMs = 30_000;
/** Tokens with unknown keys lead to no more than one reading in so many. Whoever sends tokens chooses what they name. */
const cooldownMs = 10_000;

/**
 * The keys of an issuer, with rotation: read at the start, every ten minutes, and when a token names one that is not there,
 * but then at most once in ten seconds. While they can't be read, the last ones are kept.
 */
export class JwtKeys {
  readonly #options: JwtKeysOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #set: KeySet | undefined;
  #reading: Promise<void> | undefined;
  /** Monotonic milliseconds of when the last reading ended. */
  #readAt = -Infinity;
  #problem: Error | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: JwtKeysOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Why the last reading failed; undefined when it did not. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /**
   * The key that this header asks for; undefined when the issuer has none. Rejects with a KeysError while that can't be
   * told, because the keys are out of reach.
   */
  async find(header: JWSHeaderParameters): Promise<KeyLike | Uint8Array | undefined> {
    const known = await this.#set?.find(header);
    if (known) return known;
    if (this.#reading || this.#clock.monotonic() - this.#readAt >= cooldownMs) await this.read();
    const found = await this.#set?.find(header);
    if (!found && this.#problem) {
      throw new KeysError(
        `no key for this token, and ${sourceName(this.#options.source)} can't be read`,
        this.#problem,
      );
    }
    return found;
  }

  /** Reads the keys now; all who ask meanwhile share one reading. Never rejects: see `problem`. */
  read(): Promise<void> {
    return (this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      this.#readAt = this.#clock.monotonic();
      clearTimeout(this.#timer);
      if (this.#closing.signal.aborted) return;
      this.#timer = setTimeout(() => void this.read(), this.#problem ? retryMs : refreshMs).unref();
    }));
  }

  /** Reads no more, and ends a reading that is under way. */
  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort(new KeysError('the keys are not used any more'));
  }

  async #read(): Promise<void> {
    const { source, onProblem, onRemoved, timeoutSeconds = 5 } = this.#options;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
    try {
      const set = parseKeySet(await abortable(readKeySource(source, signal), signal));
      const before = this.#set;
      this.#set = set;
      this.#problem = undefined;
      if (before && [...before.keys].some((key) => !set.keys.has(key))) onRemoved();
    } catch (thrown) {
      const error = asError(thrown);
      const first = this.#problem === undefined;
      this.#problem = new KeysError(`Can't read the keys at ${sourceName(source)}: ${error.message}`, error);
      if (first && !this.#closing.signal.aborted) onProblem(this.#problem);
    }
  }
}
