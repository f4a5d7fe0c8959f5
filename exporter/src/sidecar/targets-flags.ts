import { z } from 'zod';

/** A feature flag of a service became another, as its cheer event tells it. */
export interface FlagChanged {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly service: string;
  readonly title: string;
  readonly detail: string;
}

const text = z.string().max(10_000);
const eventsSchema = z.object({
  events: z
    .array(
      z.object({ sequence: z.number().int(), at: text.nullable(), kind: text, title: text, detail: text }),
    )
    .max(1_000),
});

export interface TargetFlagsOptions {
  /** Asks the service for its cheer events behind that sequence number; the body of the answer. Rejects without one. */
  readonly ask: (after: number) => Promise<unknown>;
  readonly changed: (change: FlagChanged) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Hears of each flag that changes in one service, once. Its cheer events are asked for only when there are new ones: the
 * summary, which is asked for anyway, tells the number of the last.
 *
 * What was changed before the first summary is history and is not told. A service whose store is another one begins
 * anew with its numbers, and so does this.
 */
export class TargetFlags {
  #seen: number | undefined;

  constructor(private readonly options: TargetFlagsOptions) {}

  /** A summary came. Rejects when the events can't be had: they are asked for again with the next one. */
  async look(service: string, latestSequence: number): Promise<void> {
    const after = this.#seen;
    if (after === undefined || latestSequence < after) this.#seen = latestSequence;
    if (after === undefined || latestSequence <= after) return;
    const { events } = eventsSchema.parse(await this.options.ask(after));
    for (const { sequence, at, kind, title, detail } of events.toSorted((a, b) => a.sequence - b.sequence)) {
      if (sequence <= after) continue;
      this.#seen = sequence;
      if (kind !== 'flag') continue;
      const time = Date.parse(at ?? '');
      this.options.changed({ at: Number.isNaN(time) ? this.options.now() : time, service, title, detail });
    }
    this.#seen = Math.max(this.#seen ?? 0, latestSequence);
  }
}
