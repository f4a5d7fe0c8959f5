import { LRUCache } from 'lru-cache';
import type { ConfigOf } from '../step';

/** What a downstream answered: JSON text, or null when it has nothing by that name (404). */
export type Answer = string | null;

interface Entry {
  readonly answer: Answer;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Answers by request, the least recently used ones given up first; bounded by number and by bytes. */
export class AnswerCache {
  private readonly entries: LRUCache<string, Entry>;
  private readonly freshMs: number;
  private readonly usableMs: number;

  constructor(
    { entries, bytes, ttlSeconds, staleSeconds }: ConfigOf<'lookup'>['cache'],
    private readonly clock: () => number,
  ) {
    this.entries = new LRUCache({
      max: entries,
      maxSize: bytes,
      sizeCalculation: ({ answer }, key) => key.length + Buffer.byteLength(answer ?? '') + 1,
    });
    this.freshMs = ttlSeconds * 1000;
    this.usableMs = this.freshMs + staleSeconds * 1000;
  }

  set(key: string, answer: Answer): void {
    this.entries.set(key, { answer, at: this.clock() });
  }

  /** Undefined when there is none, or it is too old to be used again. */
  fresh(key: string): Answer | undefined {
    return this.youngerThan(this.freshMs, key);
  }

  /** One that may stand in when no better one is to be had. */
  stale(key: string): Answer | undefined {
    return this.youngerThan(this.usableMs, key);
  }

  private youngerThan(ms: number, key: string): Answer | undefined {
    const entry = this.entries.get(key);
    return entry && this.clock() - entry.at < ms ? entry.answer : undefined;
  }
}
