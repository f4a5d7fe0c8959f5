/** A call that may go on for ever. */
export interface OpenStream {
  /** Ends it soon and in good order. */
  drain(): void;
}

/** Calls that would hold up a drain. What opens after the drain began, on a connection that was there, ends at once. */
export class OpenStreams {
  readonly #streams = new Set<OpenStream>();
  #draining = false;

  add(stream: OpenStream): void {
    if (this.#draining) stream.drain();
    else this.#streams.add(stream);
  }

  delete(stream: OpenStream): void {
    this.#streams.delete(stream);
  }

  drain(): void {
    this.#draining = true;
    for (const stream of this.#streams) stream.drain();
  }
}
