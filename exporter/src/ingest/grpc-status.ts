import { Metadata, status as grpcStatus, type ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { MessageProblem } from './grpc-decode';
import { grpcSchema } from './grpc-schema';
import type { Refusal, RefusalCode } from './problem';

/** What a call ends with, well or not. */
type Ending = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/** The closed list of `grpc_server_handled_total{code}`: the names of the gRPC specification. */
export type GrpcCode = keyof typeof grpcStatus;

/** What a call ends with when it is not OK. */
export interface GrpcFailure {
  readonly code: grpcStatus;
  readonly details: string;
  /** The trailers, with `grpc-status-details-bin`. */
  readonly metadata: Metadata;
}

/** Stable codes of failures that concern the call and not an event. */
export type CallCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'headers_too_large'
  | 'request_timeout'
  | 'body_too_large'
  | 'invalid_encoding'
  | 'bad_request';

const domain = 'selfcheer';
const typeUrl = 'type.googleapis.com/google.rpc.';
/** Trailers are headers: a client may refuse more than 8 KiB of them. */
const maxDetail = 1000;

const refusalStatus: Readonly<Record<RefusalCode, grpcStatus>> = {
  quota_exceeded: grpcStatus.RESOURCE_EXHAUSTED,
  overloaded: grpcStatus.RESOURCE_EXHAUSTED,
  buffer_full: grpcStatus.RESOURCE_EXHAUSTED,
  store_full: grpcStatus.RESOURCE_EXHAUSTED,
  draining: grpcStatus.UNAVAILABLE,
  store_fenced: grpcStatus.UNAVAILABLE,
  auth_unavailable: grpcStatus.UNAVAILABLE,
  unavailable: grpcStatus.UNAVAILABLE,
  internal: grpcStatus.INTERNAL,
};

const callStatus: Readonly<Record<CallCode, grpcStatus>> = {
  unauthenticated: grpcStatus.UNAUTHENTICATED,
  forbidden: grpcStatus.PERMISSION_DENIED,
  headers_too_large: grpcStatus.INVALID_ARGUMENT,
  request_timeout: grpcStatus.DEADLINE_EXCEEDED,
  body_too_large: grpcStatus.RESOURCE_EXHAUSTED,
  invalid_encoding: grpcStatus.INVALID_ARGUMENT,
  bad_request: grpcStatus.INVALID_ARGUMENT,
};

/** Nothing is taken now. Always with RetryInfo. */
export function refusalFailure(why: Refusal): GrpcFailure {
  return failure(refusalStatus[why.code], why.code, why.detail, [retryInfo(why.retryAfterSeconds)]);
}

/** The one event, or the message as a whole, is not usable. */
export function problemFailure(problem: MessageProblem): GrpcFailure {
  const { code, detail, field } = problem;
  if (code === 'id_conflict') return failure(grpcStatus.FAILED_PRECONDITION, code, detail, []);
  const violation = { field: field ?? '', description: clean(detail), reason: code.toUpperCase() };
  const details = [
    any(
      'BadRequest',
      grpcSchema()
        .badRequest.encode({ field_violations: [violation] })
        .finish(),
    ),
  ];
  return failure(grpcStatus.INVALID_ARGUMENT, code, detail, details);
}

/** The call is not taken, whatever is in it. */
export function callFailure(code: CallCode, detail: string): GrpcFailure {
  const status = callStatus[code];
  // No later try makes a message smaller, but clients count on RetryInfo wherever RESOURCE_EXHAUSTED stands.
  return failure(status, code, detail, status === grpcStatus.RESOURCE_EXHAUSTED ? [retryInfo(60)] : []);
}

/** Our own failures as they are; those of grpc-js with the code that they should have and with details. */
export function withDetails(status: Ending): Ending {
  const { code, details, metadata } = status;
  if (code === grpcStatus.OK || (metadata?.get('grpc-status-details-bin').length ?? 0) > 0) return status;
  if (code === grpcStatus.RESOURCE_EXHAUSTED) return callFailure('body_too_large', details);
  if (code !== grpcStatus.INTERNAL) return status;
  if (details === 'Failed to decompress message') return callFailure('invalid_encoding', details);
  return details.startsWith('Invalid grpc-timeout') ? callFailure('bad_request', details) : status;
}

interface PackedDetail {
  readonly type_url: string;
  readonly value: Uint8Array;
}

function failure(
  code: grpcStatus,
  reason: string,
  detail: string,
  more: readonly PackedDetail[],
): GrpcFailure {
  const schema = grpcSchema();
  const message = clean(detail);
  const errorInfo = schema.errorInfo.encode({ reason: reason.toUpperCase(), domain }).finish();
  const details = [any('ErrorInfo', errorInfo), ...more];
  const metadata = new Metadata();
  const packed = schema.status.encode({ code, message, details }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(packed));
  return { code, details: message, metadata };
}

function retryInfo(seconds: number): PackedDetail {
  return any(
    'RetryInfo',
    grpcSchema()
      .retryInfo.encode({ retry_delay: { seconds: Math.ceil(seconds) } })
      .finish(),
  );
}

function any(name: string, value: Uint8Array): PackedDetail {
  return { type_url: typeUrl + name, value };
}

/** Cut short, and without half surrogate pairs, on which grpc-js throws when it encodes the status. */
function clean(detail: string): string {
  return Buffer.from(detail.slice(0, maxDetail)).toString();
}
