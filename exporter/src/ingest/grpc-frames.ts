/** Bytes before each message: whether it is compressed, and its length. */
const headBytes = 5;

/** Follows the length-prefixed messages of a gRPC call through its chunks, without keeping any. */
export class FrameMeter {
  #head = 0;
  #length = 0;
  #got = 0;

  /** Passes over a chunk; returns how many bytes of a message that is not whole yet have come by now. */
  pass(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#head < headBytes) {
        const byte = chunk[at++] as number;
        if (this.#head++ > 0) this.#length = this.#length * 256 + byte;
      } else {
        const piece = Math.min(this.#length - this.#got, chunk.length - at);
        this.#got += piece;
        at += piece;
      }
      if (this.#head === headBytes && this.#got === this.#length) this.#head = this.#length = this.#got = 0;
    }
    return this.#got;
  }
}
