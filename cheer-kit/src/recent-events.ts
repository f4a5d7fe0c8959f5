import { systemClock, type Clock } from './clock';
import { Emitter } from './emitter';
import { readEventFile, writeEventFile, type EventFile } from './event-file';
import { redactText } from './redact-text';
import type { CheerEvent } from './verdict';

/** As many events as the ring holds. */
export const recentEventsCapacity = 200;
const maxTextLength = 500;
const debounceMs = 500;

/** For `RecentEvents`. */
export interface RecentEventsOptions {
  /** Where they are kept over restarts; only in memory when absent. */
  readonly file?: string;
  /** The file could not be read (then the ring starts empty) or written (then the next event tries again). */
  readonly onProblem: (error: Error) => void;
  readonly clock?: Clock;
}

/**
 * The last 200 cheer events. Adding one only touches memory: the file follows half a second later, in one piece,
 * however many there were. After a crash the sequence goes on with a gap rather than use a number twice.
 */
export class RecentEvents {
  private readonly emitter = new Emitter<CheerEvent>();
  private readonly clock: Clock;
  private readonly events: CheerEvent[];
  private nextSequence: number;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: RecentEventsOptions,
    stored: EventFile,
  ) {
    this.clock = options.clock ?? systemClock;
    this.events = stored.events.slice(-recentEventsCapacity);
    this.nextSequence = stored.nextSequence;
  }

  /** Never rejects: what can't be read is told to `onProblem`. */
  static async open(options: RecentEventsOptions): Promise<RecentEvents> {
    const empty: EventFile = { nextSequence: 1, events: [] };
    if (options.file === undefined) return new RecentEvents(options, empty);
    try {
      return new RecentEvents(options, await readEventFile(options.file));
    } catch (error) {
      options.onProblem(asError(error));
      return new RecentEvents(options, empty);
    }
  }

  /** Gives it the next sequence number and the time, and tells the subscribers. Texts are redacted and cut at 500 characters. */
  add(event: Omit<CheerEvent, 'sequence' | 'at'>): CheerEvent {
    const added: CheerEvent = {
      ...event,
      title: cut(redactText(event.title)),
      detail: cut(redactText(event.detail)),
      sequence: this.nextSequence++,
      at: this.clock.now(),
    };
    this.events.push(added);
    if (this.events.length > recentEventsCapacity) this.events.shift();
    this.scheduleWrite();
    this.emitter.emit(added);
    return added;
  }

  /**
   * Events with a greater sequence number, oldest first. A number that was never given (of a ring whose file was
   * lost) gives all.
   */
  since(sequence: number): CheerEvent[] {
    if (sequence >= this.nextSequence) return [...this.events];
    return this.events.filter((event) => event.sequence > sequence);
  }

  /** Calls the listener for each new event, in order; returns the unsubscribe. */
  subscribe(listener: (event: CheerEvent) => void): () => void {
    return this.emitter.subscribe(listener);
  }

  /** Writes what is not written yet and stops. Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.write(this.nextSequence);
  }

  private scheduleWrite(): void {
    if (this.options.file === undefined) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      // Events that a crash takes away before the next write must not leave their numbers to others.
      void this.write(this.nextSequence + recentEventsCapacity);
    }, debounceMs).unref();
  }

  /** One at a time, so that an older state never replaces a newer one. */
  private write(nextSequence: number): Promise<void> {
    const { file, onProblem } = this.options;
    if (file === undefined) return Promise.resolve();
    const snapshot = { nextSequence, events: [...this.events] };
    this.writing = this.writing
      .then(() => writeEventFile(file, snapshot))
      .catch((error: unknown) => onProblem(asError(error)));
    return this.writing;
  }
}

function cut(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength - 1)}…` : text;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
