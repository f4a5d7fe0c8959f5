/** From so many events on what was learnt counts half: senders change. */
const memoryEvents = 100_000;

/**
 * How many events a request holds that is turned away before it is read. What is refused costs the producers every event
 * of it: to count it as one would make an outage look a thousand times smaller than it is. The estimates are right on the
 * average, as long as what is refused is like what was read before; until something was read, a request is one event.
 */
export class EventEstimate {
  #requests = 0;
  #events = 0;
  #bytes = 0;
  #eventsOfBytes = 0;

  /** A request was read to its end; `bytes` on the wire, when its length was given. */
  learn(events: number, bytes?: number): void {
    if (events === 0) return;
    this.#requests += 1;
    this.#events += events;
    if (bytes !== undefined) {
      this.#bytes += bytes;
      this.#eventsOfBytes += events;
    }
    if (this.#events < memoryEvents) return;
    this.#requests /= 2;
    this.#events /= 2;
    this.#bytes /= 2;
    this.#eventsOfBytes /= 2;
  }

  /** By its length where it has one; at least one. */
  of(bytes?: number): number {
    const likely =
      bytes === undefined || this.#bytes === 0
        ? this.#events / this.#requests
        : (bytes * this.#eventsOfBytes) / this.#bytes;
    return Math.max(1, Math.round(likely || 1));
  }
}
