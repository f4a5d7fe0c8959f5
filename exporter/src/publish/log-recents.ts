import type { OutgoingMessage } from './publisher';

type Known = Pick<OutgoingMessage, 'headers' | 'seq'>;

/** Messages that are remembered for each lane: several times what one lane can have in flight by default. */
const perLane = 4_096;

/**
 * Which of the newest messages of each lane are in the log, so that what was written but not settled before a crash is
 * not written twice. A message is known only by its whole identity (`origin`, id and revision): a number that merely
 * looks old, as after restoring an older store, is no reason to leave an event out.
 */
export class LogRecents {
  readonly #lanes = new Map<string, Map<number, string>>();

  has(message: Known): boolean {
    return this.#lanes.get(laneOf(message))?.get(message.seq) === identityOf(message);
  }

  add(message: Known): void {
    const lane = laneOf(message);
    let known = this.#lanes.get(lane);
    if (!known) {
      known = new Map<number, string>();
      this.#lanes.set(lane, known);
    }
    known.delete(message.seq);
    known.set(message.seq, identityOf(message));
    if (known.size > perLane) known.delete(known.keys().next().value as number);
  }

  remove(message: Known): void {
    this.#lanes.get(laneOf(message))?.delete(message.seq);
  }
}

/** `store:lane` of the origin `store:lane:seq`. */
function laneOf({ headers }: Known): string {
  const origin = headers['origin'] ?? '';
  return origin.slice(0, origin.lastIndexOf(':'));
}

function identityOf({ headers }: Known): string {
  return `${headers['ce_revision'] ?? ''} ${headers['ce_id'] ?? ''}`;
}
