import type { ShedReason } from '@selfcheer/cheer-kit';

/**
 * Every code that ingest answers with, over HTTP and gRPC. A code is a contract: clients branch on it, so one is
 * never renamed and never reused for something else. `status` is the HTTP status when the whole request ends with it.
 */

/** What is wrong with one event. Its neighbours are not touched. */
export const itemProblems = {
  malformed_json: { status: 400, title: 'This is not JSON' },
  too_deep: { status: 400, title: 'The JSON is nested too deeply' },
  invalid_utf8: { status: 400, title: 'The text is not UTF-8' },
  not_an_object: { status: 400, title: 'An event is a JSON object' },
  unknown_member: { status: 400, title: 'The event has a member that no event has' },
  duplicate_member: { status: 400, title: 'The event has the same member twice' },
  forbidden_member: { status: 400, title: 'The event has a member that is never allowed' },
  missing_event_id: { status: 400, title: 'The event has no event_id' },
  invalid_event_id: { status: 400, title: 'The event_id is not usable' },
  missing_payload: { status: 400, title: 'The event has no payload' },
  invalid_payload: { status: 400, title: 'The payload is not usable' },
  invalid_source: { status: 400, title: 'The source is not usable' },
  invalid_type: { status: 400, title: 'The type is not usable' },
  invalid_key: { status: 400, title: 'The key is not usable' },
  invalid_timestamp: { status: 400, title: 'The timestamp is neither epoch milliseconds nor RFC 3339' },
  timestamp_too_early: { status: 400, title: 'The timestamp is too long ago to be one' },
  timestamp_too_late: { status: 400, title: 'The timestamp is too far in the future' },
  missing_attribute: { status: 400, title: 'A required CloudEvents attribute is missing' },
  invalid_attribute: { status: 400, title: 'A CloudEvents attribute is not usable' },
  event_too_large: { status: 413, title: 'The event is larger than one event may be' },
  quarantined: { status: 400, title: 'The event can not be published and waits in quarantine' },
  id_conflict: { status: 409, title: 'The same event_id was sent before with another body' },
} as const;

/** The service can't take the request now; the same request may succeed later. */
export const refusals = {
  quota_exceeded: { status: 429, title: 'Your quota is used up', shed: 'quota' },
  overloaded: { status: 503, title: 'The service is overloaded', shed: 'overload' },
  buffer_full: { status: 503, title: 'Too many bytes wait to be stored', shed: 'bytes' },
  draining: { status: 503, title: 'The service is shutting down', shed: 'draining' },
  store_full: { status: 503, title: 'The store has no room left', shed: 'disk' },
  store_fenced: { status: 503, title: 'The store had a write error and is being checked', shed: 'disk' },
  auth_unavailable: { status: 503, title: 'Credentials can not be checked now', shed: undefined },
  unavailable: { status: 503, title: 'Events can not be made durable now', shed: 'overload' },
  internal: { status: 500, title: 'The service failed', shed: undefined },
} as const satisfies Record<string, { status: number; title: string; shed: ShedReason | undefined }>;

/** The request as a whole can't be read. */
export const requestProblems = {
  empty_body: { status: 400, title: 'The request has no event' },
  invalid_encoding: { status: 400, title: 'The compressed body is damaged or cut short' },
  truncated_body: { status: 400, title: 'The body ended before it was complete' },
  bad_request: { status: 400, title: 'The request is not HTTP that can be read' },
  unauthenticated: { status: 401, title: 'No usable credentials' },
  forbidden: { status: 403, title: 'These credentials may not do this' },
  not_found: { status: 404, title: 'There is nothing at this path' },
  method_not_allowed: { status: 405, title: 'This path takes POST only' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  body_too_large: { status: 413, title: 'The body is too large' },
  too_many_events: { status: 413, title: 'The request has too many events' },
  host_not_loopback: { status: 421, title: 'This port is for callers on this machine' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  unsupported_encoding: { status: 415, title: 'The content encoding is not supported' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  all_rejected: { status: 400, title: 'Every event was rejected' },
} as const;

export type ItemCode = keyof typeof itemProblems;
export type RefusalCode = keyof typeof refusals;
export type RequestCode = keyof typeof requestProblems;
export type ProblemCode = ItemCode | RefusalCode | RequestCode;

/** Why one event is rejected: a stable code and a sentence for a person. */
export interface ItemProblem {
  readonly code: ItemCode;
  readonly detail: string;
  /** The member or attribute at fault, as the producer spells it. */
  readonly field?: string;
}

/** Why nothing (more) is taken now, and when to come back. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
  readonly retryAfterSeconds: number;
}

/** Why the request as a whole is not read (further). */
export interface RequestProblem {
  readonly code: RequestCode | ItemCode;
  readonly detail: string;
}

export function problemInfo(code: ProblemCode): { readonly status: number; readonly title: string } {
  return code in itemProblems
    ? itemProblems[code as ItemCode]
    : code in refusals
      ? refusals[code as RefusalCode]
      : requestProblems[code as RequestCode];
}

export function itemProblem(code: ItemCode, detail: string, field?: string): ItemProblem {
  return field === undefined ? { code, detail } : { code, detail, field };
}

/** Members of an RFC 9457 problem; `code` is ours and stable, extensions follow. */
export function problemBody(
  code: ProblemCode,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const { status, title } = problemInfo(code);
  return { type: 'about:blank', title, status, code, detail, ...extensions };
}
