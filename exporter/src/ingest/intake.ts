import { randomUUID } from 'node:crypto';
import { denialRetrySeconds, traceIdOf, type CheerState, type ShedReason } from '@selfcheer/cheer-kit';
import type {
  Acceptor,
  AppendOutcome,
  Arrival,
  Event,
  EventDefaults,
  EventDraft,
  QuarantineVerdict,
  TraceContext,
  Traffic,
} from '../event';
import { createEvent } from '../event';
import { messageOf, SelfcheerError } from '../errors';
import { chargedBytes, type Admission } from './admission';
import type { ByteBudget } from './byte-budget';
import { EventEstimate } from './event-estimate';
import { LargeBodies } from './large-bodies';
import {
  itemProblem,
  refusals,
  type ItemCode,
  type ItemProblem,
  type Refusal,
  type RefusalCode,
} from './problem';
import { RefusalPacer } from './refusal-pacer';
import { exemplarOf } from './request-context';
import { maxBytes, textProblem } from './text-rules';
import { parseRfc3339 } from './timestamp';

export type Transport = 'http' | 'grpc';
/** The closed list of `ingests_total{result}`. */
export type IngestResult = 'accepted' | 'duplicate' | 'updated' | 'rejected' | 'refused' | 'failed';

/** One event as a transport read it, before any check. `null` counts as absent; an empty text does not. */
export interface DraftFields {
  id: string | null | undefined;
  /** UTF-8 JSON text, already known to be JSON. */
  payload: Buffer | undefined;
  /** Epoch milliseconds or RFC 3339. */
  timestamp: number | string | null | undefined;
  source: string | null | undefined;
  type: string | null | undefined;
  key: string | null | undefined;
  base64: boolean;
  /** The event's own trace context (CloudEvents), where it is not the request's. */
  trace: TraceContext | undefined;
}

/** A checked event, with its own trace context where it has one. */
export interface IntakeDraft extends EventDraft {
  readonly trace?: TraceContext;
}

/** What the transport knows about the request that events came in. */
export interface Delivery extends Arrival {
  readonly transport: Transport;
  readonly requestId?: string;
  /** Monotonic milliseconds, of the clock given to the intake, at which the events were read. */
  readonly startedAt: number;
}

/** What a request is known by in the log. */
interface Whose {
  readonly trace?: TraceContext | undefined;
  readonly requestId?: string | undefined;
}

export interface ItemResult {
  readonly id: string;
  readonly status: 'accepted' | 'duplicate' | 'updated' | 'rejected';
  /** 1 for the first body of this id, one more for each update. */
  readonly revision: number;
  /** With `rejected` only. */
  readonly error?: ItemProblem;
}

/** `settled`: each event is durable or has its own answer. `refused`: none of these events is acknowledged. */
export type Submission =
  | { readonly kind: 'settled'; readonly results: readonly ItemResult[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Counts, in batches: one call covers all events of a group. */
export interface IngestObserver {
  ingested(transport: Transport, result: IngestResult, count: number, traffic: Traffic): void;
  /** From the event being read to its acknowledgement; only for events that were acknowledged. */
  latency(
    transport: Transport,
    seconds: number,
    count: number,
    traceId: string | undefined,
    traffic: Traffic,
  ): void;
  /** `code` says more than the reason does: not all that is shed is too much for the service. */
  shed(reason: ShedReason, count: number, code: RefusalCode): void;
  /**
   * Something threw that never should: for the log, with the id that it shares with the request's other lines. The client
   * is not told what.
   */
  failure(error: unknown, correlationId: string | undefined): void;
}

/** The cheer as answers carry it. */
export interface CheerBrief {
  readonly state: CheerState;
  readonly score: number | null;
}

export interface IntakeOptions {
  readonly acceptor: Acceptor;
  /** What was handed over and is not durable yet; what waits for the sink with `ack: broker` is. */
  readonly unwritten: () => { readonly events: number; readonly bytes: number };
  readonly defaults: EventDefaults;
  readonly limits: { readonly eventBytes: number; readonly clockAheadSeconds: number };
  /** Mint an id for an event without one, instead of rejecting it. */
  readonly mintIds: boolean;
  readonly cheer: () => CheerBrief;
  /** Why nothing may be taken now (draining, the disk is full), or undefined. */
  readonly gate: () => Refusal | undefined;
  /** Quotas, and what is shed when overloaded. */
  readonly admission: Admission;
  readonly memory: ByteBudget;
  readonly observer: IngestObserver;
  /** Whether each request has a span of its own, whose context is then that of the delivery; no when absent. */
  readonly spans?: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** When to come back after the store refused, in seconds: about as long as the cause usually lasts. */
const retryAfterSeconds: Readonly<Record<RefusalCode, number>> = {
  quota_exceeded: 10,
  overloaded: 1,
  buffer_full: 1,
  draining: 5,
  store_full: 30,
  store_fenced: 5,
  auth_unavailable: denialRetrySeconds,
  unavailable: 5,
  internal: 5,
};
/** How refusals count where not as `refused`; who is over its own quota is no fault of the service. */
const resultOf: Partial<Record<RefusalCode, IngestResult>> = {
  quota_exceeded: 'rejected',
  internal: 'failed',
};
/** What waits for the disk when nothing is gained by more: about what one synced batch takes. */
const crowdedEvents = 8_192;
const crowdedBytes = 4 * 2 ** 20;
/** A number below this, 1973 in milliseconds, is nearly always a time in seconds. */
const smallestMilliseconds = 100_000_000_000;

export function refusal(code: RefusalCode, detail: string): Refusal {
  return { code, detail, retryAfterSeconds: retryAfterSeconds[code] };
}

export function isProblem(checked: IntakeDraft | ItemProblem): checked is ItemProblem {
  return 'code' in checked;
}

/**
 * What HTTP and gRPC share: the checks, the hand-over to the outbox, the counting. A transport reads bytes, makes
 * `DraftFields` of them, and turns `ItemResult` and `Refusal` into its own answer.
 */
export class Intake {
  readonly memory: ByteBudget;
  /** What bodies that are not whole yet may hold of it. */
  readonly large: LargeBodies;
  readonly admission: Admission;
  /** Of requests that are turned away unread. */
  readonly estimates: Readonly<Record<Transport, EventEstimate>> = {
    http: new EventEstimate(),
    grpc: new EventEstimate(),
  };
  /** For the answers to what `admission` turns away. */
  readonly pacer = new RefusalPacer();
  readonly cheer: () => CheerBrief;
  readonly gate: () => Refusal | undefined;
  readonly now: () => number;
  readonly clock: () => number;
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.memory = options.memory;
    this.large = new LargeBodies(options.memory.capacity);
    this.admission = options.admission;
    this.cheer = options.cheer;
    this.gate = options.gate;
    this.now = options.now;
    this.clock = options.clock;
  }

  /** A draft that the outbox may take, or the first thing that is wrong with it. Keeps nothing of `fields` itself. */
  check(fields: DraftFields): IntakeDraft | ItemProblem {
    const { payload, source, type, key } = fields;
    let id = fields.id ?? undefined;
    if (id === undefined) {
      if (!this.#options.mintIds) {
        return itemProblem(
          'missing_event_id',
          'event_id is required: give each event its own id',
          'event_id',
        );
      }
      id = randomUUID();
    } else {
      const wrong = textProblem(id, maxBytes.event_id);
      if (wrong !== undefined) return itemProblem('invalid_event_id', `event_id ${wrong}`, 'event_id');
    }
    if (payload === undefined) {
      return itemProblem('missing_payload', 'payload is required; it may be any JSON value', 'payload');
    }
    if (payload.length > this.#options.limits.eventBytes) {
      const limit = this.#options.limits.eventBytes;
      return itemProblem(
        'event_too_large',
        `payload has ${payload.length} bytes; at most ${limit} are allowed`,
        'payload',
      );
    }
    const draft: { -readonly [K in keyof IntakeDraft]: IntakeDraft[K] } = { id, payload };
    if (fields.timestamp !== undefined && fields.timestamp !== null) {
      const timestamp = this.#timestamp(fields.timestamp);
      if (typeof timestamp !== 'number') return timestamp;
      draft.timestamp = timestamp;
    }
    if (source !== undefined && source !== null) {
      const wrong = textProblem(source, maxBytes.source);
      if (wrong !== undefined) return itemProblem('invalid_source', `source ${wrong}`, 'source');
      draft.source = source;
    }
    if (type !== undefined && type !== null) {
      const wrong = textProblem(type, maxBytes.type);
      if (wrong !== undefined) return itemProblem('invalid_type', `type ${wrong}`, 'type');
      draft.type = type;
    }
    if (key !== undefined && key !== null) {
      const wrong = textProblem(key, maxBytes.key);
      if (wrong !== undefined) return itemProblem('invalid_key', `key ${wrong}`, 'key');
      draft.key = key;
    }
    if (fields.base64) draft.base64 = true;
    if (fields.trace !== undefined) draft.trace = fields.trace;
    return draft;
  }

  /**
   * Hands checked events to the outbox, in order and before it returns, so that two calls in a row keep their order.
   * Resolves when every one is durable or has its own answer; never rejects.
   */
  async submit(drafts: readonly IntakeDraft[], delivery: Delivery): Promise<Submission> {
    const { admission } = this;
    const { tenant } = delivery;
    const bytes = chargedBytes(drafts);
    const closed = this.gate() ?? admission.take(tenant, drafts.length, bytes);
    if (closed) return this.#refused(closed, drafts.length, delivery);
    const { spans = false } = this.#options;
    const events: Event[] = [];
    for (const draft of drafts) {
      events.push(createEvent(draft, arrivalOf(draft, delivery, spans), this.#options.defaults));
    }
    let outcomes: AppendOutcome[];
    try {
      outcomes = await this.#options.acceptor.append(events);
    } catch (error) {
      admission.giveBack(tenant, drafts.length, bytes);
      return this.#refused(this.refusalOf(error, delivery), drafts.length, delivery);
    }
    admission.giveBackUnstored(tenant, drafts, outcomes);
    return { kind: 'settled', results: this.#settle(drafts, outcomes, delivery) };
  }

  /**
   * True when a request that waits for some of its events should not hand over more of them: the next batch is full, and
   * a queue behind it would only stand.
   */
  get crowded(): boolean {
    const { events, bytes } = this.#options.unwritten();
    return events >= crowdedEvents || bytes >= crowdedBytes;
  }

  /** Counts events that failed a check and so never reached the outbox. */
  rejected(count: number, at: { readonly transport: Transport; readonly traffic: Traffic }): void {
    if (count > 0) this.#options.observer.ingested(at.transport, 'rejected', count, at.traffic);
  }

  /** Counts events (at least the one that a request is about) that were turned away before `submit`. */
  refused(
    why: Refusal,
    count: number,
    at: { readonly transport: Transport; readonly traffic: Traffic },
  ): void {
    const { observer } = this.#options;
    observer.ingested(at.transport, resultOf[why.code] ?? 'refused', count, at.traffic);
    const reason = refusals[why.code].shed;
    if (reason !== undefined) observer.shed(reason, count, why.code);
  }

  /** What to answer after something threw at a request: the store's own reason, or `internal` for a bug. */
  refusalOf(error: unknown, { trace, requestId }: Whose): Refusal {
    if (error instanceof SelfcheerError) {
      if (Object.hasOwn(refusals, error.code)) return refusal(error.code as RefusalCode, messageOf(error));
      if (error.retriable) return refusal('unavailable', messageOf(error));
    }
    this.#options.observer.failure(error, trace ? traceIdOf(trace) : requestId);
    return refusal('internal', 'Something failed that never should; nothing of this was acknowledged');
  }

  #refused(why: Refusal, count: number, delivery: Delivery): Submission {
    this.refused(why, count, delivery);
    return { kind: 'refused', refusal: why };
  }

  #settle(
    drafts: readonly IntakeDraft[],
    outcomes: readonly AppendOutcome[],
    delivery: Delivery,
  ): ItemResult[] {
    const counts = { accepted: 0, duplicate: 0, updated: 0, rejected: 0 };
    const results: ItemResult[] = [];
    for (let i = 0; i < drafts.length; i++) {
      const { id } = drafts[i] as IntakeDraft;
      const outcome = outcomes[i] as AppendOutcome;
      const { status, revision } = outcome;
      if (status === 'conflict' || status === 'quarantined') {
        counts.rejected++;
        const error = status === 'conflict' ? conflict(revision) : setAside(outcome.verdict);
        results.push({ id, status: 'rejected', revision, error });
      } else {
        counts[status]++;
        results.push({ id, status, revision });
      }
    }
    const { observer } = this.#options;
    const { transport, traffic } = delivery;
    for (const status of ['accepted', 'duplicate', 'updated', 'rejected'] as const) {
      if (counts[status] > 0) observer.ingested(transport, status, counts[status], traffic);
    }
    const acknowledged = drafts.length - counts.rejected;
    if (acknowledged > 0) {
      const seconds = (this.clock() - delivery.startedAt) / 1000;
      observer.latency(transport, seconds, acknowledged, exemplarOf(delivery.trace), traffic);
    }
    return results;
  }

  #timestamp(sent: number | string): number | ItemProblem {
    const wrong = (code: ItemCode, detail: string): ItemProblem =>
      itemProblem(code, `timestamp ${detail}`, 'timestamp');
    const value = typeof sent === 'number' ? sent : parseRfc3339(sent);
    if (!Number.isSafeInteger(value)) {
      const shown = typeof sent === 'string' ? JSON.stringify(sent.slice(0, 40)) : String(sent);
      return wrong('invalid_timestamp', `${shown} is neither whole epoch milliseconds nor RFC 3339`);
    }
    if (value < 0) return wrong('timestamp_too_early', `${sent} is before 1970`);
    if (typeof sent === 'number' && sent < smallestMilliseconds) {
      return wrong(
        'timestamp_too_early',
        `${sent} looks like seconds: send milliseconds, or RFC 3339 for 1970 to 1973`,
      );
    }
    const ahead = this.#options.limits.clockAheadSeconds;
    if (value > this.now() + ahead * 1000) {
      return wrong(
        'timestamp_too_late',
        `${sent} is more than ${ahead} s in the future: check the producer's clock`,
      );
    }
    return value;
  }
}

/**
 * An event's own trace context is kept. Where the request has a span and its trace is the event's too, that span comes
 * later in it and says more: whoever gets the event is then a child of the span that took it.
 */
function arrivalOf({ trace: own }: IntakeDraft, delivery: Delivery, spans: boolean): Arrival {
  if (!own || (spans && delivery.trace && traceIdOf(delivery.trace) === traceIdOf(own))) return delivery;
  return { ...delivery, trace: own };
}

function setAside({ reason, step, detail }: QuarantineVerdict): ItemProblem {
  return itemProblem('quarantined', `set aside at step ${step} (${reason}): ${detail}`);
}

function conflict(revision: number): ItemProblem {
  return itemProblem(
    'id_conflict',
    `this event_id is stored with another body (revision ${revision}) and dedupe.onConflict is reject`,
    'event_id',
  );
}
