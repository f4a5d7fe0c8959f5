import { cheerStates, type CheerVerdict } from '@selfcheer/cheer-kit';
import type { MessageProblem } from './grpc-decode';
import { grpcSchema } from './grpc-schema';
import type { ItemResult } from './intake';

/** `Cheer` and `IngestResponse` as protobufjs encodes them. */
export type CheerMessage = Readonly<Record<string, unknown>>;
export interface IngestResponseMessage {
  readonly event_id: string;
  readonly status: number;
  readonly duplicate?: boolean;
  readonly revision?: number;
  readonly error?: object;
  cheer?: CheerMessage;
}

const eventStatus: Readonly<Record<ItemResult['status'], number>> = {
  accepted: 1,
  duplicate: 2,
  updated: 3,
  rejected: 4,
};

/** `Cheer`; the conditions only for who asks for the cheer itself, as every acknowledgement carries the rest. */
export function cheerMessage(verdict: CheerVerdict, withConditions: boolean): CheerMessage {
  return {
    state: cheerStates.indexOf(verdict.state) + 1,
    ...(verdict.score !== null && { score: verdict.score }),
    reasons: verdict.reasons,
    error_budget_remaining: verdict.errorBudgetRemaining,
    cheers_total: verdict.cheersTotal,
    misses_total: verdict.missesTotal,
    idle: verdict.idle,
    since: verdict.since,
    ...(withConditions && { conditions: verdict.conditions }),
  };
}

/** The answer for one event that the outbox settled. `index`: its place in the batch or stream. */
export function settledMessage(result: ItemResult, index: number): IngestResponseMessage {
  const { id, status, revision, error } = result;
  if (error) return { ...rejectedMessage(id, error, index), revision };
  const answer = { event_id: id, revision, status: eventStatus[status] };
  return status === 'duplicate' ? { ...answer, duplicate: true } : answer;
}

/** The answer for one event that failed a check. */
export function rejectedMessage(id: string, problem: MessageProblem, index: number): IngestResponseMessage {
  const { code, detail, field } = problem;
  const error = { code, message: detail, index, ...(field !== undefined && { field }) };
  return { event_id: id, status: eventStatus.rejected, error };
}

export function encodeIngestResponse(message: IngestResponseMessage): Buffer {
  return grpcSchema().ingestResponse.encode(message).finish() as Buffer;
}

export function encodeCheer(verdict: CheerVerdict): Buffer {
  return grpcSchema().cheer.encode(cheerMessage(verdict, true)).finish() as Buffer;
}
