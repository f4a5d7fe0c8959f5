import { hash } from 'node:crypto';

/** Real traffic counts in SLOs; synthetic traffic (heartbeat, release checks) has its own lane, topic and label. */
export type Traffic = 'real' | 'synthetic';

/** `accepted`: it is in the store and on its way. The others are final. */
export const syntheticStatuses = ['accepted', 'published', 'quarantined', 'dropped'] as const;
export type SyntheticStatus = (typeof syntheticStatuses)[number];

/** One synthetic event of who checks a release; times in epoch milliseconds. */
export interface SyntheticEvent {
  readonly id: string;
  readonly status: SyntheticStatus;
  readonly acceptedAt: number;
  /** Absent while it is on its way. */
  readonly settledAt?: number;
}

/** What became of the synthetic events of one run, in the order of their numbers. */
export interface SyntheticRun {
  readonly run: string;
  readonly events: readonly SyntheticEvent[];
  /** Events of the run that were accepted with a number that is too great to be followed. */
  readonly untracked: number;
}

/** Type of the synthetic events that keep the signal alive at idle. */
export const heartbeatType = 'selfcheer.heartbeat';

/** W3C trace context as it came with the request; carried through the outbox into the Kafka headers. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** The fields of one event as a producer sent them, checked, before any default is applied. */
export interface EventDraft {
  readonly id: string;
  /** UTF-8 JSON text of the payload, byte for byte as it came; never parsed into an object of ours. */
  readonly payload: Buffer;
  /** Epoch milliseconds. */
  readonly timestamp?: number;
  readonly source?: string;
  readonly type?: string;
  /** Partition key; the event id when absent. */
  readonly key?: string;
  /** True when the payload is the base64 text of bytes that are not JSON (CloudEvents `data_base64`). */
  readonly base64?: boolean;
}

/** What a transport knows beside the event itself. */
export interface Arrival {
  /** Epoch milliseconds at which the event was read. */
  readonly receivedAt: number;
  readonly tenant: string;
  readonly traffic: Traffic;
  readonly trace?: TraceContext;
}

/** One event with its defaults, ready for the outbox. */
export interface Event {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly key: string;
  /** Epoch milliseconds; the time of receipt when the producer gave none. */
  readonly timestamp: number;
  readonly receivedAt: number;
  readonly tenant: string;
  readonly traffic: Traffic;
  readonly trace?: TraceContext;
  readonly base64: boolean;
  readonly payload: Buffer;
  /** 16 bytes over the fields as sent: equal for a duplicate, different for an update. */
  readonly bodyHash: Buffer;
  /** 16 bytes over source and id: the identity that deduplication uses. */
  readonly identity: Buffer;
}

export interface EventDefaults {
  readonly source: string;
  readonly type: string;
}

/** Truncated SHA-256: 128 bits, so that nobody can craft two events that pass for one. */
function digest16(text: string | Buffer): Buffer {
  return hash('sha256', text, 'buffer').subarray(0, 16);
}

/** Applies defaults and computes the two hashes. */
export function createEvent(draft: EventDraft, arrival: Arrival, defaults: EventDefaults): Event {
  const source = draft.source ?? defaults.source;
  return {
    id: draft.id,
    source,
    type: draft.type ?? defaults.type,
    key: draft.key ?? draft.id,
    timestamp: draft.timestamp ?? arrival.receivedAt,
    receivedAt: arrival.receivedAt,
    tenant: arrival.tenant,
    traffic: arrival.traffic,
    ...(arrival.trace && { trace: arrival.trace }),
    base64: draft.base64 ?? false,
    payload: draft.payload,
    bodyHash: digest16(bodyOf(draft)),
    identity: identityOf(source, draft.id),
  };
}

/** The identity that deduplication uses. */
export function identityOf(source: string, id: string): Buffer {
  return digest16(`${source.length}:${source}${id}`);
}

/**
 * The bytes that tell a duplicate from an update. Most events have nothing but a payload, which then needs no copy; a
 * list before it can't be mistaken for one, since the two together are no JSON.
 */
function bodyOf({ source, type, key, timestamp, base64, payload }: EventDraft): Buffer {
  if (source === undefined && type === undefined && key === undefined && timestamp === undefined && !base64) {
    return payload;
  }
  return Buffer.concat([Buffer.from(JSON.stringify([source, type, key, timestamp, base64])), payload]);
}

/** Bytes that an event holds in memory and, roughly, in the store. */
export function sizeOf(event: Event): number {
  return (
    event.payload.length + event.id.length + event.source.length + event.type.length + event.key.length + 200
  );
}

/** What became of one event that was handed to the outbox. */
export type AppendOutcome =
  | { readonly status: 'accepted'; readonly revision: number; readonly lane: number; readonly seq: number }
  | { readonly status: 'updated'; readonly revision: number; readonly lane: number; readonly seq: number }
  | { readonly status: 'duplicate'; readonly revision: number }
  | { readonly status: 'conflict'; readonly revision: number }
  /** With `ack: broker` only: it is kept, but in quarantine, and so must not be acknowledged. */
  | { readonly status: 'quarantined'; readonly revision: number; readonly verdict: QuarantineVerdict };

/** The durable store as ingest sees it. */
export interface Acceptor {
  /**
   * Stores events; resolves, in the order given, only when every one of them is synced to disk.
   * Rejects with a retriable SelfcheerError (codes `store_full`, `store_fenced`, `draining`) when it can't
   * promise that; then nothing of this call is acknowledged.
   */
  append(events: readonly Event[]): Promise<AppendOutcome[]>;
}

/** An event as it comes back out of the store. */
export interface StoredEvent {
  readonly lane: number;
  readonly seq: number;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly key: string;
  readonly timestamp: number;
  /** Epoch milliseconds at which it was accepted. */
  readonly acceptedAt: number;
  readonly tenant: string;
  readonly traffic: Traffic;
  readonly trace?: TraceContext;
  readonly base64: boolean;
  readonly revision: number;
  readonly payload: Buffer;
  /** What an earlier enrichment gave as `freeze`: used again instead of asking again. */
  readonly frozen?: string;
}

/** One of our own, which no producer has made. */
export function isHeartbeat({ type, traffic }: Pick<StoredEvent, 'type' | 'traffic'>): boolean {
  return type === heartbeatType && traffic === 'synthetic';
}

export const quarantineReasons = ['schema', 'expression', 'lookup', 'too_large', 'refused', 'bug'] as const;
export type QuarantineReason = (typeof quarantineReasons)[number];

/** Why and where an event was set aside. */
export interface QuarantineVerdict {
  readonly reason: QuarantineReason;
  /** The enrichment step by name, or `publish`. */
  readonly step: string;
  /** One sentence for the person who looks at it, with the path that failed where there is one. */
  readonly detail: string;
}

/** What enrichment made of one event. Only a bug throws. */
export type EnrichOutcome =
  | {
      readonly outcome: 'ok';
      /** JSON text: the payload as it came, or without what a step dropped, redacted or hashed. */
      readonly payload: Buffer;
      /** JSON text of the `enriched` object. */
      readonly enriched: Buffer;
      /** What could come out otherwise next time: to be stored before the first send, and given back as `frozen`. */
      readonly freeze?: string;
    }
  | { readonly outcome: 'drop'; readonly step: string }
  | { readonly outcome: 'quarantine'; readonly verdict: QuarantineVerdict }
  | { readonly outcome: 'retry'; readonly step: string; readonly detail: string };

/** Runs a step's work for one event of a batch, so that the time it takes and the calls it makes are told to be its. */
export interface StepRunner {
  run<T>(step: string, work: () => T): T;
}

/** The chain of enrichment steps. Same event, its `frozen` included, and same config give byte-identical output. */
export interface Enricher {
  /**
   * `waits` is told what holds up the outcome meanwhile: what was asked, and what it answered. `steps` runs the steps of a
   * batch that is traced.
   */
  enrich(
    event: StoredEvent,
    waits?: (detail: string) => void,
    steps?: StepRunner,
  ): EnrichOutcome | Promise<EnrichOutcome>;
}

/** An event that waits in quarantine for a person. */
export interface QuarantinedEvent {
  /** Grows by one for each quarantined event of this store. */
  readonly number: number;
  readonly event: StoredEvent;
  readonly verdict: QuarantineVerdict;
  /** Over all its stays: a replay goes on counting. */
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly quarantinedAt: number;
  /** Epoch milliseconds; earlier than `quarantinedAt` when it was replayed and came back. */
  readonly firstQuarantinedAt: number;
}

/** Which of the quarantined events; all of them when empty. */
export interface QuarantineFilter {
  readonly reason?: QuarantineReason;
  readonly step?: string;
  /** Epoch milliseconds: quarantined then or later. */
  readonly since?: number;
}

export type QuarantineAction = 'replay' | 'discard';

/** Who acts on quarantined events. */
export interface Actor {
  /** Name of the API key; `anonymous` without keys. */
  readonly name: string;
  readonly via: 'api' | 'cli' | 'page';
}

/** `superseded`: a later revision of the event was accepted, and replaying this one would put it after that. */
export type QuarantineResult = 'done' | 'superseded' | 'not_in_quarantine';

/** What became of one step of a replay or discard of many. */
export interface BulkResult {
  readonly done: number;
  readonly superseded: number;
  /** Go on behind this number; null when nothing is left. */
  readonly nextAfter: number | null;
  /** Number of the last event that was in quarantine when the first step began. */
  readonly through: number;
}

/** One replay or discard in the audit; times in epoch milliseconds. */
export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  readonly action: QuarantineAction;
  readonly actor: string;
  readonly via: Actor['via'];
  readonly number: number;
  readonly eventId: string;
  readonly source: string;
  readonly revision: number;
  readonly reason: string;
  readonly step: string;
  readonly traceId: string | null;
  /** `unknown`: the process ended in the middle of it; look whether the event is still in quarantine. */
  readonly outcome: 'done' | 'superseded' | 'failed' | 'unknown';
}
