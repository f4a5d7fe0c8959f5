import type { EnrichOutcome, StoredEvent } from '../event';
import type { OutgoingMessage } from './publisher';

/** What a message needs to know beside its event. */
export interface MessageContext {
  /** Identity of the outbox: with lane and seq it names one accepted event for ever. */
  readonly storeId: string;
}

type Enriched = Extract<EnrichOutcome, { outcome: 'ok' }>;

/**
 * The message that goes out for one event. The same event gives the same bytes every time.
 *
 * Key: the partition key. Value: JSON `{event_id, payload, timestamp, source, type, key?, enriched}`, with the payload
 * byte for byte as enrichment handed it on, `timestamp` in epoch milliseconds and `key` only where it is not the event
 * id. Headers: the CloudEvents 1.0 attributes as `ce_*` (Kafka protocol binding names), `ce_revision` (1 for the first
 * version of an event), W3C trace context as it came, `origin` = `store:lane:seq`, `synthetic` = `true` for synthetic
 * traffic, and `ce_datacontentencoding` = `base64` where the payload is a JSON string with the base64 text of bytes
 * that were not JSON.
 */
export function createMessage(
  event: StoredEvent,
  enriched: Enriched,
  context: MessageContext,
): OutgoingMessage {
  return {
    lane: event.lane,
    seq: event.seq,
    key: event.key,
    value: createValue(event, enriched),
    headers: createHeaders(event, context),
  };
}

function createValue(event: StoredEvent, { payload, enriched }: Enriched): Buffer {
  const key = event.key === event.id ? '' : `,"key":${JSON.stringify(event.key)}`;
  const head = `{"event_id":${JSON.stringify(event.id)},"payload":`;
  const middle =
    `,"timestamp":${event.timestamp},"source":${JSON.stringify(event.source)}` +
    `,"type":${JSON.stringify(event.type)}${key},"enriched":`;
  const room = Buffer.byteLength(head) + payload.length + Buffer.byteLength(middle) + enriched.length + 1;
  const value = Buffer.allocUnsafe(room);
  let end = value.write(head);
  end += payload.copy(value, end);
  end += value.write(middle, end);
  end += enriched.copy(value, end);
  value[end] = 0x7d;
  return value;
}

function createHeaders(event: StoredEvent, { storeId }: MessageContext): Record<string, string> {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: new Date(event.timestamp).toISOString(),
    ce_revision: String(event.revision),
    'content-type': 'application/json',
    origin: `${storeId}:${event.lane}:${event.seq}`,
  };
  if (event.trace) {
    headers['traceparent'] = event.trace.traceparent;
    if (event.trace.tracestate !== undefined) headers['tracestate'] = event.trace.tracestate;
  }
  if (event.base64) headers['ce_datacontentencoding'] = 'base64';
  if (event.traffic === 'synthetic') headers['synthetic'] = 'true';
  return headers;
}
