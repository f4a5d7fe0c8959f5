import { sizeOf, type AppendOutcome, type Event } from '../event';
import type { Batch } from './batch';

export interface Append {
  readonly events: readonly Event[];
  readonly bytes: number;
  readonly queuedAt: number;
  readonly resolve: (outcomes: AppendOutcome[]) => void;
  readonly reject: (error: Error) => void;
}

/** A change of the state that joins the next batch; `build` adds its writes. */
export interface Change {
  readonly durable: boolean;
  readonly build: (batch: Batch) => Promise<void> | void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What goes into one batch. */
export interface Group {
  readonly appends: readonly Append[];
  readonly changes: readonly Change[];
}

const groupEvents = 8_192;
const groupBytes = 4 * 2 ** 20;

/** What waits for the next synced batch, in the order in which it came. */
export class CommitQueue {
  private readonly appends: Append[] = [];
  private readonly changes: Change[] = [];
  /** What `appends` holds. */
  private readonly waiting = { events: 0, bytes: 0 };
  /** What was taken in and is not written: what waits, and what is being written. */
  readonly unwritten = { events: 0, bytes: 0 };
  /** Bytes of events taken in since it was made. */
  takenBytes = 0;
  /** When the first of what is being written came. */
  private oldestCommitAt: number | undefined;

  get isEmpty(): boolean {
    return this.appends.length === 0 && this.changes.length === 0;
  }

  append(events: readonly Event[], bytes: number): Promise<AppendOutcome[]> {
    this.unwritten.events += events.length;
    this.unwritten.bytes += bytes;
    this.takenBytes += bytes;
    return new Promise((resolve, reject) => {
      this.appends.push({ events, bytes, queuedAt: performance.now(), resolve, reject });
      this.waiting.events += events.length;
      this.waiting.bytes += bytes;
    });
  }

  change(durable: boolean, build: Change['build']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.changes.push({ durable, build, resolve, reject });
    });
  }

  /** The next batch: as many appends as it takes, at least one, and every change. */
  take(): Group {
    let events = 0;
    let bytes = 0;
    let count = 0;
    for (const append of this.appends) {
      if (count > 0 && (events + append.events.length > groupEvents || bytes + append.bytes > groupBytes))
        break;
      events += append.events.length;
      bytes += append.bytes;
      count += 1;
    }
    const appends = this.appends.splice(0, count);
    this.waiting.events -= events;
    this.waiting.bytes -= bytes;
    this.oldestCommitAt = appends[0]?.queuedAt;
    return { appends, changes: this.changes.splice(0) };
  }

  /** This append is durable, or its write has failed. */
  ended({ events, bytes }: Append): void {
    this.unwritten.events -= events.length;
    this.unwritten.bytes -= bytes;
  }

  /** Nothing is being written. */
  rest(): void {
    this.oldestCommitAt = undefined;
  }

  /** Rejects everything that waits. */
  rejectAll(error: Error): void {
    for (const waiting of [...this.appends.splice(0), ...this.changes.splice(0)]) waiting.reject(error);
    this.unwritten.events -= this.waiting.events;
    this.unwritten.bytes -= this.waiting.bytes;
    this.waiting.events = this.waiting.bytes = 0;
  }

  /** Milliseconds for which the oldest of what is not written has waited; 0 without any. */
  oldestMs(): number {
    const oldest = this.oldestCommitAt ?? this.appends[0]?.queuedAt;
    return oldest === undefined ? 0 : performance.now() - oldest;
  }

  /** Milliseconds for which the first in line has waited while more waits than one batch takes; otherwise 0. */
  standingMs(): number {
    if (this.waiting.events <= groupEvents && this.waiting.bytes <= groupBytes) return 0;
    return performance.now() - this.appends[0]!.queuedAt;
  }
}

/** Bytes that events take in the store, about. */
export function sizeOfAll(events: readonly Event[]): number {
  let bytes = 0;
  for (const event of events) bytes += sizeOf(event);
  return bytes;
}
