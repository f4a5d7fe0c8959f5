import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { ByteBudget } from './byte-budget';
import { refusal } from './intake';
import { smallBodyBytes, type LargeBody } from './large-bodies';
import type { Refusal, RequestProblem } from './problem';

/** Why a body is not read to its end. `gone`: the client left, nobody waits for an answer. */
export type Halt =
  | { readonly kind: 'problem'; readonly problem: RequestProblem }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  | { readonly kind: 'gone' };

export class HaltError extends Error {
  readonly halt: Halt;

  constructor(halt: Halt) {
    super(`the body is not read further: ${halt.kind}`);
    this.halt = halt;
  }
}

/** Most bytes that are read at once: Node hands over all that it has buffered, which is more than it used to be. */
const chunkBytes = 64 * 1024;
/** Decompressors by Content-Encoding; `deflate` is the zlib format (RFC 9110, section 8.4.1.2). */
const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: () => createGunzip({ chunkSize: chunkBytes }),
  'x-gzip': () => createGunzip({ chunkSize: chunkBytes }),
  deflate: () => createInflate({ chunkSize: chunkBytes }),
  br: () => createBrotliDecompress({ chunkSize: chunkBytes }),
};
export const supportedEncodings = 'gzip, deflate, br';

export function isSupportedEncoding(encoding: string): boolean {
  return encoding === 'identity' || Object.hasOwn(decoders, encoding);
}

/** Over so long the rate of a body is judged. */
const windowMs = 5_000;

export interface BodyOptions {
  readonly encoding: string;
  /** Most bytes, on the wire and after decompression. */
  readonly maxBytes: number;
  /** The body must have arrived by then. */
  readonly deadlineMs: number;
  /** Fewer bytes than this in any five seconds of waiting for them are too slow. */
  readonly minBytesPerSecond: number;
  /** Longest wait for memory; two requests that each hold some of it must not wait for each other for ever. */
  readonly maxWaitMs: number;
  readonly memory: ByteBudget;
  /** This body's part of what large bodies may hold; `whole` takes it, who closes the body's memory closes it. */
  readonly large: LargeBody;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Called when memory is short: give back what can be given. */
  readonly onShort: () => void;
  /** Told how many milliseconds we, not the client, held up reading. */
  readonly onWaited: (ms: number) => void;
}

/**
 * The body of one request as bounded chunks: decompressed, counted, its memory reserved before anything looks at it.
 * While no memory is free it is not read, so TCP slows the client down.
 */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #source: Readable;
  readonly #options: BodyOptions;
  readonly #deadline: NodeJS.Timeout;
  #halt: Halt | undefined;
  #ended = false;
  /** Bytes that `whole` has reserved. */
  #held = 0;
  #wake: (() => void) | undefined;
  #waiting: AbortController | undefined;
  #wireBytes = 0;
  #bytes = 0;
  /** Since the window began: bytes that came, and milliseconds for which it was us who did not read. */
  #came = 0;
  #busyMs = 0;
  #busyFrom: number | undefined;
  #window: NodeJS.Timeout;

  constructor(request: IncomingMessage, options: BodyOptions) {
    this.#request = request;
    this.#options = options;
    const detail = `the request did not arrive whole within ${options.deadlineMs / 1000} s`;
    const late = (): void => this.#stop({ kind: 'problem', problem: { code: 'request_timeout', detail } });
    this.#deadline = setTimeout(late, options.deadlineMs);
    this.#window = setTimeout(() => this.#judgeRate(), windowMs);
    request.on('error', this.#onGone); // a client that leaves is an error, ECONNRESET
    const decoder = decoders[options.encoding]?.();
    if (decoder) {
      request.on('data', this.#onWire);
      request.pipe(decoder);
    }
    this.#source = decoder ?? request;
    this.#source.on('readable', this.#onReadable).on('end', this.#onEnd);
    decoder?.on('error', this.#onDamaged);
  }

  /**
   * The whole body. Memory is reserved for what has come, never for what was announced. It stays reserved: the caller
   * releases as many bytes as the buffer has. Throws HaltError.
   */
  async whole(): Promise<Buffer> {
    const { memory, large } = this.#options;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of this.chunks()) {
        chunks.push(chunk);
        this.#held += chunk.length;
        await this.holds(this.#held);
      }
    } catch (error) {
      memory.release(this.#held);
      large.close();
      throw error;
    }
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, this.#held);
  }

  /**
   * Counts what is kept of the body until more of it comes: beyond its first bytes it is large. Waits when large bodies
   * hold too much already. Throws HaltError.
   */
  async holds(bytes: number): Promise<void> {
    const { large } = this.#options;
    const more = bytes - smallBodyBytes - large.held;
    if (more <= 0 || large.tryGrow(more)) return;
    if (large.stuck()) throw new HaltError(bufferFull());
    await this.#wait((signal) => large.grow(more, signal));
  }

  /** Chunks as they come. The reserved bytes of a chunk belong to the consumer. Throws HaltError. */
  async *chunks(): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      if (this.#halt) throw new HaltError(this.#halt);
      const chunk = this.#readChunk();
      if (chunk !== null) {
        this.#bytes += chunk.length;
        this.#came += chunk.length;
        if (this.#bytes > this.#options.maxBytes) throw new HaltError(this.#tooLarge());
        this.#busyFrom = this.#options.clock();
        await this.#reserve(chunk.length);
        yield chunk;
        this.#busyMs += this.#options.clock() - this.#busyFrom;
        this.#busyFrom = undefined;
      } else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Stops reading. Call it once, in any case. */
  close(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#window);
    this.#source.off('readable', this.#onReadable).off('end', this.#onEnd);
    this.#request.off('data', this.#onWire);
    if (this.#source !== this.#request) {
      this.#request.unpipe();
      this.#source.destroy(); // its 'error' listener stays: a decoder may still fail while it is torn down
    }
  }

  #readChunk(): Buffer | null {
    const source = this.#source;
    return (source.readableLength > chunkBytes ? source.read(chunkBytes) : source.read()) as Buffer | null;
  }

  async #reserve(bytes: number): Promise<void> {
    const { memory } = this.#options;
    if (memory.tryReserve(bytes)) return;
    // All of it is this body's own: one that is larger than the whole goes alone, rather than never.
    if (this.#held > 0 && memory.used === this.#held) memory.charge(bytes);
    else await this.#wait((signal) => memory.reserve(bytes, signal));
  }

  async #wait(grant: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock, maxWaitMs, onShort, onWaited } = this.#options;
    onShort();
    const from = clock();
    const waiting = (this.#waiting = new AbortController());
    const timer = setTimeout(() => waiting.abort(new HaltError(bufferFull())), maxWaitMs);
    try {
      await grant(waiting.signal);
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
      onWaited(clock() - from);
    }
  }

  #tooLarge(): Halt {
    const detail = `the body has more than ${this.#options.maxBytes} bytes: send it in smaller requests`;
    return { kind: 'problem', problem: { code: 'body_too_large', detail } };
  }

  /** Ends a body that keeps its memory and its connection while next to nothing of it comes. */
  #judgeRate(): void {
    const { clock, minBytesPerSecond } = this.#options;
    const now = clock();
    const busyMs = this.#busyMs + (this.#busyFrom === undefined ? 0 : now - this.#busyFrom);
    if (busyMs < windowMs / 2 && this.#came < (minBytesPerSecond * windowMs) / 1000) {
      const detail = `fewer than ${minBytesPerSecond} bytes of the body came a second`;
      this.#stop({ kind: 'problem', problem: { code: 'request_timeout', detail } });
      return;
    }
    this.#came = this.#busyMs = 0;
    if (this.#busyFrom !== undefined) this.#busyFrom = now;
    this.#window = setTimeout(() => this.#judgeRate(), windowMs);
  }

  #stop(halt: Halt): void {
    this.#halt ??= halt;
    this.#wake?.();
    this.#waiting?.abort(new HaltError(this.#halt));
  }

  readonly #onReadable = (): void => this.#wake?.();
  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake?.();
  };
  readonly #onGone = (): void => this.#stop({ kind: 'gone' });
  readonly #onDamaged = (error: Error): void => {
    const detail = `the ${this.#options.encoding} body is damaged or cut short: ${error.message}`;
    this.#stop({ kind: 'problem', problem: { code: 'invalid_encoding', detail } });
  };
  readonly #onWire = (chunk: Buffer): void => {
    this.#wireBytes += chunk.length;
    this.#came += chunk.length;
    if (this.#wireBytes > this.#options.maxBytes) this.#stop(this.#tooLarge());
  };
}

function bufferFull(): Halt {
  const why = refusal('buffer_full', 'No memory came free in time; send again later, or less at once');
  return { kind: 'refusal', refusal: why };
}
