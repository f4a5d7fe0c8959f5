import { setMaxListeners } from 'node:events';
import { createDownstream, HttpError, type Downstream, type ResilienceEvent } from '@selfcheer/cheer-kit';
import { fillUrlTemplate, parseUrlTemplate, type UrlTemplate } from '../../config/url-template';
import { messageOf } from '../../errors';
import { isHeartbeat } from '../../event';
import { labelOf, type Draft } from '../draft';
import { scalarAt } from '../scalar';
import { ok, quarantine, type ConfigOf, type Step, type StepOutcome } from '../step';
import { readAnswer } from './answer';
import { AnswerCache, type Answer } from './answer-cache';
import { HttpGet } from './http-get';
import { serverOf, staticResolver, type LookupResolver } from './resolvers';

export interface LookupOptions {
  /** The downstream's name in metrics. */
  readonly name: string;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Finds the address behind the URL's host; as it stands there when absent. */
  readonly resolver?: LookupResolver | undefined;
  /** Told of every attempt and every change of the breaker. */
  readonly observe?: ((event: ResilienceEvent) => void) | undefined;
}

type Found =
  { readonly kind: 'answer'; readonly answer: Answer } | { readonly kind: 'failed'; readonly error: Error };

/** One call, for all who ask for the same meanwhile. */
interface Asking {
  /** Told why it takes longer. */
  readonly waits: Set<(detail: string) => void>;
  /** What its last attempt failed with, and what ends the one under way. */
  failure: Error | undefined;
  signal: AbortSignal | undefined;
  /** What was last told. */
  detail: string | undefined;
}

/**
 * A field from an HTTP service, asked by GET behind deadline, timeout, bulkhead, breaker and retry. Whoever asks for the same
 * while it is being asked shares the answer. Heartbeats, which no producer made, ask nothing.
 *
 *   stored with the event ─► used       fresh in the cache ─► used       else asked:
 *     200 ─► the field    404 ─► `notFound`    other 2xx and 4xx, not JSON, too large or deep ─► this event never: quarantine
 *     the rest (no answer, 5xx, 401, 403, 408, 429, breaker open) ─► `onFailure`
 */
export class Lookup implements Step {
  readonly fields: readonly string[];
  private readonly label: string;
  private readonly types: ReadonlySet<string> | undefined;
  private readonly template: UrlTemplate;
  private readonly cache: AnswerCache;
  private readonly downstream: Downstream;
  private readonly client: HttpGet;
  private readonly asking = new Map<string, { readonly asking: Asking; readonly found: Promise<Found> }>();
  private readonly closing = new AbortController();

  constructor(
    private readonly config: ConfigOf<'lookup'>,
    private readonly options: LookupOptions,
  ) {
    const { concurrency, breaker, attempts, timeoutMs, deadlineMs, headers, maxResponseBytes } = config;
    this.fields = [config.field];
    this.label = labelOf(config.field);
    this.types = config.types && new Set(config.types);
    this.template = parseUrlTemplate(config.url);
    this.cache = new AnswerCache(config.cache, options.clock);
    const { origin } = this.template;
    this.downstream = createDownstream({
      name: options.name,
      server: serverOf(origin),
      timeoutMs,
      deadlineMs,
      bulkhead: concurrency,
      breaker,
      retry: { attempts },
    });
    if (options.observe) this.downstream.subscribe(options.observe);
    this.downstream.subscribe((event) => event.type === 'retry' && this.tellWaiting(event));
    this.client = new HttpGet({
      origin,
      resolver: (options.resolver ?? staticResolver)(origin, config.discovery),
      headers,
      maxResponseBytes,
      idleConnections: concurrency.slots,
    });
    // Every call that waits listens to it.
    setMaxListeners(0, this.closing.signal);
  }

  run(draft: Draft): StepOutcome | Promise<StepOutcome> {
    const { event } = draft;
    if ((this.types && !this.types.has(event.type)) || isHeartbeat(event)) return ok;
    const stored = draft.found(this.options.name);
    if (stored !== undefined) {
      if (stored !== null) draft.add(this.label, stored);
      return ok;
    }
    const target = this.targetFor(draft);
    if (target === undefined) return this.missing();
    const known = this.cache.fresh(target);
    if (known !== undefined) return this.use(draft, { kind: 'answer', answer: known });
    return this.ask(target, draft.waits).then((found) => this.use(draft, found));
  }

  private targetFor({ payload }: Draft): string | undefined {
    const values: string[] = [];
    for (const path of this.template.paths) {
      const value = scalarAt(payload, path);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return fillUrlTemplate(this.template, values);
  }

  private missing(): StepOutcome {
    if (this.config.onMissing === 'skip') return ok;
    const places = this.template.paths.map((path) => path.join('.')).join(', ');
    return quarantine('lookup', `the payload has no usable value for the address (${places})`);
  }

  /** One call for all who ask for the same meanwhile. Never rejects. */
  private ask(target: string, waits: Draft['waits']): Promise<Found> {
    const before = this.asking.get(target);
    if (before) {
      const { detail } = before.asking;
      if (waits) before.asking.waits.add(waits);
      if (detail !== undefined) waits?.(detail);
      return before.found;
    }
    const asking: Asking = {
      waits: new Set(waits && [waits]),
      ...{ failure: undefined, signal: undefined, detail: undefined },
    };
    const found = this.call(target, asking)
      .then((answer): Found => ({ kind: 'answer', answer }))
      .catch((error: unknown): Found => ({ kind: 'failed', error: error as Error }))
      .finally(() => this.asking.delete(target));
    this.asking.set(target, { asking, found });
    return found;
  }

  /** The downstream knows how long a call waits for its next attempt, but not whose it is: its failure tells. */
  private tellWaiting({ error, delaySeconds }: Extract<ResilienceEvent, { type: 'retry' }>): void {
    const seconds = delaySeconds < 1 ? delaySeconds.toFixed(1) : Math.round(delaySeconds);
    for (const { asking } of this.asking.values()) {
      if (asking.failure !== error && asking.signal?.reason !== error) continue;
      const detail = `look-up ${this.options.name} (${this.address}): ${messageOf(error)}; waits ${seconds} s`;
      asking.detail = detail;
      for (const waits of asking.waits) waits(detail);
    }
  }

  private call(target: string, asking: Asking): Promise<Answer> {
    const { onFailure, select, notFound } = this.config;
    return this.downstream.call(
      async (signal) => {
        asking.signal = signal;
        const body = await this.client.get(target, signal).catch((error: unknown) => {
          asking.failure = error as Error;
          throw error;
        });
        const answer = body === undefined ? null : readAnswer(body, select);
        // What a 404 has set aside is asked anew when it is replayed.
        if (answer !== null || notFound === 'null') this.cache.set(target, answer);
        return answer;
      },
      {
        signal: this.closing.signal,
        ...(onFailure === 'stale' && { fallback: () => this.cache.stale(target) }),
      },
    );
  }

  private use(draft: Draft, found: Found): StepOutcome {
    const { onFailure, notFound } = this.config;
    if (found.kind === 'answer') {
      if (found.answer === null && notFound === 'quarantine') {
        return quarantine('lookup', `${this.address} knows nothing by that name (404)`);
      }
      return this.write(draft, found.answer ?? 'null');
    }
    const detail = `${this.address}: ${messageOf(found.error)}`;
    // Ended by ourselves: the next run asks again.
    if (this.closing.signal.aborted) return { outcome: 'retry', detail };
    if (onFailure === 'skip') return this.write(draft, null);
    if (onFailure === 'quarantine' || condemnsEvent(found.error)) return quarantine('lookup', detail);
    return { outcome: 'retry', detail };
  }

  /** Null: the field is left out. Either way this is what the event keeps. */
  private write(draft: Draft, json: string | null): StepOutcome {
    draft.keep(this.options.name, json);
    if (json !== null) draft.add(this.label, json);
    return ok;
  }

  /** Without path and query: those hold values of payloads. */
  private get address(): string {
    return this.template.origin.host;
  }

  close(): void {
    this.closing.abort(new Error(`the look-up ${this.options.name} is closed`));
    this.client.close();
  }
}

/** Statuses of the 4xx that say something about us or the moment, not about what was asked for. */
const notAboutTheEvent = new Set([401, 403, 407, 408, 425, 429]);

/** Whether the downstream answered this one event, and would answer it like that again. */
function condemnsEvent(error: Error): boolean {
  if (!(error instanceof HttpError)) return false;
  const { status } = error;
  return (status >= 200 && status < 300) || (status >= 400 && status < 500 && !notAboutTheEvent.has(status));
}
