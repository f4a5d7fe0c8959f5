import { isoTime, traceIdOf } from '@selfcheer/cheer-kit';
import type { AuditEntry, QuarantinedEvent } from '../event';

/** One of the list of `GET /api/v1/quarantine`; quarantine-openapi.ts describes the fields. */
export function quarantinedJson(item: QuarantinedEvent) {
  const { number, event, verdict, attempts, quarantinedAt, firstQuarantinedAt } = item;
  return {
    number,
    event_id: event.id,
    source: event.source,
    type: event.type,
    key: event.key,
    tenant: event.tenant,
    traffic: event.traffic,
    revision: event.revision,
    timestamp: isoTime(event.timestamp),
    accepted_at: isoTime(event.acceptedAt),
    quarantined_at: isoTime(quarantinedAt),
    first_quarantined_at: isoTime(firstQuarantinedAt),
    reason: verdict.reason,
    step: verdict.step,
    detail: verdict.detail,
    attempts,
    trace_id: event.trace ? traceIdOf(event.trace) : null,
    payload_bytes: event.payload.length,
  };
}

/** `GET /api/v1/quarantine/{number}`: the fields of the list, and `payload`, the payload's JSON text as a string. */
export function quarantinedDetailJson(item: QuarantinedEvent) {
  return { ...quarantinedJson(item), payload: item.event.payload.toString('utf8') };
}

/** One entry of `GET /api/v1/quarantine/audit`. */
export function auditJson(entry: AuditEntry) {
  return {
    id: entry.id,
    at: isoTime(entry.at),
    action: entry.action,
    actor: entry.actor,
    via: entry.via,
    number: entry.number,
    event_id: entry.eventId,
    source: entry.source,
    revision: entry.revision,
    reason: entry.reason,
    step: entry.step,
    trace_id: entry.traceId,
    outcome: entry.outcome,
  };
}
