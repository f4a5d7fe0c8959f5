import { setTimeout as sleep } from 'node:timers/promises';
import { cheerStates, type CheerState, type Clock } from '@selfcheer/cheer-kit';
import { z } from 'zod';
import { troubleOf, type Target } from './targets';
import { TargetFlags, type FlagChanged } from './targets-flags';
import { readAll, requestTarget } from './targets-request';

/**
 * What is known of a target now:
 *
 * ```
 *             answers                 two misses, or 5 s without an answer
 * connecting ---------> live --------------------------------------------> stale
 *     | does not          ^------------------------- answers ----------------|
 *     v                   |
 * unreachable ------------+   and from any of them, while it wants a key: locked
 * ```
 */
export const targetLinks = ['connecting', 'live', 'stale', 'unreachable', 'locked'] as const;
export type TargetLink = (typeof targetLinks)[number];

export interface TargetReading {
  readonly target: Target;
  readonly link: TargetLink;
  /** Why it is not live; absent while it is. */
  readonly detail?: string;
  /** What it told last, and seconds since then; absent when it never answered. Only while it is live is it how it is. */
  readonly last?: { readonly summary: TargetSummary; readonly ageSeconds: number };
}

const text = z.string().max(10_000);
/** As much of a summary as is shown of a service among others; see summaryJson. */
const summarySchema = z.object({
  service: text,
  version: text,
  track: text,
  mode: text,
  latest_sequence: z.number().int().nonnegative().catch(0),
  cheer: z.object({
    state: z.enum(cheerStates),
    score: z.number().nullable(),
    idle: z.boolean(),
    since: text.nullable(),
    reasons: z.array(z.object({ code: text, detail: text, since: text.nullable() })),
  }),
  slos: z.array(z.object({ name: text, bad: z.number(), budget_remaining_ratio: z.number() })).catch([]),
});
export type TargetSummary = z.infer<typeof summarySchema> & {
  readonly cheer: { readonly state: CheerState };
};

export interface TargetWatchOptions {
  readonly target: Target;
  /** With the role reader, for targets that want one. */
  readonly apiKey?: string | undefined;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  /** Told when the link changes. */
  readonly onLink?: (link: TargetLink, detail: string | undefined) => void;
  /** Told of each flag that changed while it is looked at, oldest first. */
  readonly onFlag?: (change: FlagChanged) => void;
}

/** Older than this nothing is shown as if it still held, whatever the connection says. */
const freshMs = 5_000;
/** After one miss it is asked again at once: a connection that was kept open may have been closed meanwhile. */
const againMs = 250;
const largestAnswer = 4 * 1024 * 1024;

/** Asks one target for its summary again and again, and remembers what it said and when. */
export class TargetWatch {
  readonly #options: TargetWatchOptions;
  readonly #flags: TargetFlags | undefined;
  #last: { readonly summary: TargetSummary; readonly at: number } | undefined;
  #trouble: { readonly detail: string; readonly locked: boolean } | undefined;
  #misses = 0;
  #link: TargetLink = 'connecting';
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: TargetWatchOptions) {
    this.#options = options;
    const { onFlag, clock } = options;
    if (!onFlag) return;
    this.#flags = new TargetFlags({
      ask: async (after) => {
        const answer = await this.#ask(`/api/v1/events?after=${after}`);
        if ('trouble' in answer) throw new Error(answer.trouble);
        return answer.body;
      },
      changed: onFlag,
      now: () => clock.now(),
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  reading(): TargetReading {
    const { target, clock } = this.#options;
    const link = this.#linkNow();
    const detail =
      this.#trouble?.detail ?? (link === 'stale' ? 'it has not answered for a while' : undefined);
    return {
      ...{ target, link },
      ...(link !== 'live' && link !== 'connecting' && detail !== undefined && { detail }),
      ...(this.#last && {
        last: { summary: this.#last.summary, ageSeconds: (clock.monotonic() - this.#last.at) / 1000 },
      }),
    };
  }

  #linkNow(): TargetLink {
    if (this.#trouble?.locked) return 'locked';
    if (!this.#last) return this.#trouble ? 'unreachable' : 'connecting';
    const age = this.#options.clock.monotonic() - this.#last.at;
    return this.#misses >= 2 || age > freshMs ? 'stale' : 'live';
  }

  async #run(): Promise<void> {
    const { intervalMs = 1_000 } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#look();
      const wait = this.#misses === 1 ? Math.min(againMs, intervalMs) : intervalMs;
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Asks once; never rejects. */
  async #look(): Promise<void> {
    const { clock, onLink } = this.#options;
    try {
      const answer = await this.#ask('/api/v1/summary');
      const { data } = summarySchema.safeParse('body' in answer ? answer.body : undefined);
      if ('trouble' in answer) this.#missed(answer.trouble, answer.locked);
      else if (!data) this.#missed('its answer is not that of an admin port', false);
      else {
        this.#last = { summary: data, at: clock.monotonic() };
        this.#trouble = undefined;
        this.#misses = 0;
        // Without an answer they are asked for again with the next summary.
        await this.#flags?.look(data.service, data.latest_sequence).catch(() => undefined);
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#missed(troubleOf(error), false);
    }
    const { link, detail } = this.reading();
    if (link === this.#link) return;
    this.#link = link;
    onLink?.(link, detail);
  }

  #missed(detail: string, locked: boolean): void {
    this.#misses += 1;
    this.#trouble = { detail, locked };
  }

  async #ask(path: string): Promise<{ body: unknown } | { trouble: string; locked: boolean }> {
    const { target, apiKey, userAgent, timeoutMs = 3_000 } = this.#options;
    const deadline = new AbortController();
    const timer = setTimeout(
      () => deadline.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const stopped = (): void => deadline.abort();
    this.#stop.signal.addEventListener('abort', stopped);
    try {
      const answer = await requestTarget(new URL(target.url + path), {
        headers: {
          ...{ accept: 'application/json', 'user-agent': userAgent },
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        ...{ silenceMs: timeoutMs, signal: deadline.signal },
      });
      const body = await readAll(answer, largestAnswer);
      const status = answer.statusCode ?? 0;
      if (status === 401 || status === 403)
        return { trouble: keyTrouble(apiKey !== undefined), locked: true };
      if (status !== 200) return { trouble: `it answered ${status} to ${path}`, locked: false };
      return { body: parse(body) };
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      clearTimeout(timer);
      this.#stop.signal.removeEventListener('abort', stopped);
    }
  }
}

const keyTrouble = (hasKey: boolean): string =>
  hasKey
    ? 'it does not take the key of this sidecar: give one with the role reader in SELFCHEER_API_KEY'
    : 'it wants a key: give this sidecar one with the role reader in SELFCHEER_API_KEY';

function parse(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
