import type { OutgoingMessage } from './publisher';

type Message = Pick<OutgoingMessage, 'headers' | 'seq'>;

/** What a message in the log is recognised by. */
export interface Known {
  readonly lane: string;
  readonly seq: number;
  readonly identity: string;
}

/**
 * Messages of this process that are remembered for each lane: several times what one lane can have in flight by default.
 * What was found as the log was opened does not count before it was sent again.
 */
const perLane = 4_096;

/**
 * Which of the newest messages of each lane are in the log, so that what was written but not settled before a crash is
 * not written twice. A message is known only by its whole identity (`origin`, id and revision): a number that merely
 * looks old, as after restoring an older store, is no reason to leave an event out.
 */
export class LogRecents {
  readonly #lanes = new Map<string, Map<number, string>>();

  has(message: Message): boolean {
    const { lane, seq, identity } = identify(message);
    return this.#lanes.get(lane)?.get(seq) === identity;
  }

  add(message: Message): void {
    const one = identify(message);
    const known = this.learn(one);
    for (const seq of known.keys()) {
      if (known.size <= perLane) break;
      known.delete(seq);
    }
  }

  /** Notes what is in the log already, oldest first. */
  learn({ lane, seq, identity }: Known): Map<number, string> {
    let known = this.#lanes.get(lane);
    if (!known) {
      known = new Map<number, string>();
      this.#lanes.set(lane, known);
    }
    known.delete(seq);
    known.set(seq, identity);
    return known;
  }

  remove(message: Message): void {
    this.#lanes.get(laneOf(message))?.delete(message.seq);
  }
}

export function identify(message: Message): Known {
  return { lane: laneOf(message), seq: message.seq, identity: identityOf(message) };
}

/** `store:lane` of the origin `store:lane:seq`. */
function laneOf({ headers }: Message): string {
  const origin = headers['origin'] ?? '';
  return origin.slice(0, origin.lastIndexOf(':'));
}

function identityOf({ headers }: Message): string {
  return `${headers['ce_revision'] ?? ''} ${headers['ce_id'] ?? ''}`;
}
