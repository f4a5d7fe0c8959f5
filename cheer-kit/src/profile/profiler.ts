import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortable } from '../discovery/abortable';
import { ProfileError } from './errors';
import { inspectThread, mainThread, type InspectedThread } from './threads';

/**
 * cpu: where the time goes, sampled every millisecond. heap: who made the objects that were made in that time and are
 * still there at its end, one sample for every 32 KiB.
 */
export const profileKinds = ['cpu', 'heap'] as const;
/** One of `profileKinds`. */
export type ProfileKind = (typeof profileKinds)[number];

/** Every second adds a thousand samples, which are kept in memory and turned into JSON at the end. */
export const longestProfileSeconds = 60;

/** For `Profiler`. */
export interface ProfileOptions {
  readonly kind: ProfileKind;
  /** More than 0, at most `longestProfileSeconds`. */
  readonly seconds: number;
  /** `main`, or the `name` of a worker thread. */
  readonly thread?: string;
  /** Ends it early, without a profile. */
  readonly signal?: AbortSignal;
}

const heapSampleBytes = 32_768;

const domains = {
  cpu: { start: ['Profiler.enable', 'Profiler.start'], params: {}, stop: 'Profiler.stop' },
  heap: {
    start: ['HeapProfiler.startSampling'],
    params: { samplingInterval: heapSampleBytes },
    stop: 'HeapProfiler.stopSampling',
  },
} as const;

/**
 * Takes profiles of the running process, of one thread at a time, by V8's own sampling profilers (Chrome DevTools
 * Protocol, domains Profiler and HeapProfiler; https://chromedevtools.github.io/devtools-protocol/v8/). Nothing is
 * stopped for it but, at the end, for the moment in which the samples are put together.
 */
export class Profiler {
  readonly #answerMs: number;
  #running = false;

  /** @param answerMs how long a thread may need to answer, beside the time that is sampled. */
  constructor(answerMs = 10_000) {
    this.#answerMs = answerMs;
  }

  /**
   * Resolves with the profile: what Chrome's DevTools open from a file that ends in `.cpuprofile` or `.heapprofile`.
   * Rejects with a ProfileError, or with the reason of the signal; a RangeError for a time that is out of bounds.
   */
  async take({ kind, seconds, thread = mainThread, signal }: ProfileOptions): Promise<object> {
    if (!(seconds > 0 && seconds <= longestProfileSeconds)) {
      throw new RangeError(`a profile takes more than 0 and at most ${longestProfileSeconds} seconds`);
    }
    if (this.#running) {
      throw new ProfileError('profile_running', 'A profile is being taken already: wait for its end.');
    }
    this.#running = true;
    const session = new Session();
    try {
      session.connect();
      const inspected = await inspectThread(session, thread);
      return await this.#sample(inspected, { kind, seconds, thread, ...(signal && { signal }) });
    } finally {
      // Ends what still runs, too.
      session.disconnect();
      this.#running = false;
    }
  }

  async #sample(
    inspected: InspectedThread,
    { kind, seconds, thread, signal }: ProfileOptions,
  ): Promise<object> {
    const stuck = new AbortController();
    const message = `The thread ${thread} does not answer: it runs something that can't be interrupted.`;
    const timer = setTimeout(
      () => stuck.abort(new ProfileError('thread_stuck', message)),
      seconds * 1000 + this.#answerMs,
    );
    const until = AbortSignal.any([inspected.ended, stuck.signal, ...(signal ? [signal] : [])]);
    const { start, params, stop } = domains[kind];
    try {
      for (const method of start) await abortable(inspected.post(method, params), until);
      await abortable(sleep(seconds * 1000, undefined, { signal: until }), until);
      const { profile } = (await abortable(inspected.post(stop), until)) as { readonly profile: object };
      return profile;
    } finally {
      clearTimeout(timer);
    }
  }
}
