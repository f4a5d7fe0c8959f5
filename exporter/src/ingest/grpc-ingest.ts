import { setImmediate as nextTurn } from 'node:timers/promises';
import type { handleUnaryCall, ServerUnaryCall } from '@grpc/grpc-js';
import type { CheerVerdict } from '@selfcheer/cheer-kit';
import { splitBatch, type IngestRequestReader, type MessageProblem } from './grpc-decode';
import {
  cheerMessage,
  encodeIngestResponse,
  rejectedMessage,
  settledMessage,
  type IngestResponseMessage,
} from './grpc-encode';
import { admittedCall, deliveryOf, type AdmittedCall } from './grpc-gate';
import { grpcSchema } from './grpc-schema';
import { problemFailure, refusalFailure, type GrpcFailure } from './grpc-status';
import type { Intake, IntakeDraft, ItemResult, Submission } from './intake';
import type { Refusal } from './problem';
import { RequestOrder } from './request-order';

export interface IngestHandlerOptions {
  readonly intake: Intake;
  readonly reader: IngestRequestReader;
  readonly cheer: () => CheerVerdict;
  readonly limits: { readonly eventsPerRequest: number };
}

/** Events that are read in one go before the event loop turns: about 5 ms of work. */
const chunkEvents = 512;

/** Reads and checks one event; what is wrong with it otherwise. Never throws. */
export function readEvent(
  message: Buffer,
  { intake, reader }: Pick<IngestHandlerOptions, 'intake' | 'reader'>,
): IntakeDraft | MessageProblem {
  const fields = reader.read(message);
  return 'code' in fields ? fields : intake.check(fields);
}

/** `Ingest`. Unary calls that arrive together share a synced write, because the outbox groups what it is given. */
export function ingestOne(options: IngestHandlerOptions): handleUnaryCall<Buffer, Buffer> {
  return answering(async (call, admitted) => {
    const { intake } = options;
    const checked = readEvent(call.request, options);
    if ('code' in checked) {
      intake.rejected(1, { transport: 'grpc', traffic: admitted.traffic });
      return problemFailure(checked);
    }
    const submission = await intake.submit([checked], deliveryOf(admitted, intake));
    if (submission.kind === 'refused') return refusalFailure(submission.refusal);
    const result = submission.results[0] as ItemResult;
    if (result.error) return problemFailure(result.error);
    return encodeIngestResponse({
      ...settledMessage(result, 0),
      cheer: cheerMessage(options.cheer(), false),
    });
  }, options);
}

/** `IngestBatch`. */
export function ingestBatch(options: IngestHandlerOptions): handleUnaryCall<Buffer, Buffer> {
  return answering(async (call, admitted) => {
    const { intake } = options;
    const requests = splitBatch(call.request, options.limits.eventsPerRequest);
    if (!Array.isArray(requests)) {
      intake.rejected(1, { transport: 'grpc', traffic: admitted.traffic });
      return problemFailure(requests);
    }
    intake.estimates.grpc.learn(requests.length);
    const order = new RequestOrder(intake);
    const chunks: Promise<IngestResponseMessage[] | GrpcFailure>[] = [];
    let closed: Refusal | undefined;
    for (let first = 0; first < requests.length && !admitted.over; first += chunkEvents) {
      if (first > 0) await nextTurn();
      if ((closed = order.refusal ?? intake.gate())) {
        intake.refused(closed, requests.length - first, { transport: 'grpc', traffic: admitted.traffic });
        break;
      }
      chunks.push(submitChunk(requests.slice(first, first + chunkEvents), first, admitted, order, options));
    }
    const answers: IngestResponseMessage[] = [];
    for (const chunk of await Promise.all(chunks)) {
      if (!Array.isArray(chunk)) return chunk;
      answers.push(...chunk);
    }
    // What was stored of it is answered as a duplicate when the batch is sent again.
    if (closed) return refusalFailure(closed);
    return encodeBatch(answers, options.cheer());
  }, options);
}

/** Reads and submits some events of a batch; their answers in their order. Submits before it first waits. */
async function submitChunk(
  requests: readonly Buffer[],
  first: number,
  admitted: AdmittedCall,
  order: RequestOrder,
  options: IngestHandlerOptions,
): Promise<IngestResponseMessage[] | GrpcFailure> {
  const { intake } = options;
  const drafts: IntakeDraft[] = [];
  const answers: (IngestResponseMessage | undefined)[] = [];
  const delivery = deliveryOf(admitted, intake);
  for (const [i, request] of requests.entries()) {
    const checked = readEvent(request, options);
    if ('code' in checked) answers.push(rejectedMessage(options.reader.id, checked, first + i));
    else answers.push(void drafts.push(checked));
  }
  intake.rejected(requests.length - drafts.length, delivery);
  const submission: Submission =
    drafts.length > 0 ? await order.submit(drafts, delivery) : { kind: 'settled', results: [] };
  if (submission.kind === 'refused') return refusalFailure(submission.refusal);
  let settled = 0;
  return answers.map(
    (answer, i) => answer ?? settledMessage(submission.results[settled++] as ItemResult, first + i),
  );
}

function encodeBatch(results: readonly IngestResponseMessage[], cheer: CheerVerdict): Buffer {
  let duplicates = 0;
  let rejected = 0;
  for (const { duplicate, error } of results) {
    if (duplicate) duplicates++;
    else if (error) rejected++;
  }
  const accepted = results.length - duplicates - rejected;
  const message = { results, accepted, duplicates, rejected, cheer: cheerMessage(cheer, false) };
  return grpcSchema().ingestBatchResponse.encode(message).finish() as Buffer;
}

/** A unary handler around what makes the answer: owns the message's reserved bytes, and answers exactly once. */
function answering(
  answer: (call: ServerUnaryCall<Buffer, Buffer>, admitted: AdmittedCall) => Promise<Buffer | GrpcFailure>,
  { intake }: IngestHandlerOptions,
): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const admitted = admittedCall(call.metadata);
    const bytes = call.request.length;
    if (!admitted.take(bytes)) return;
    void answer(call, admitted)
      .catch((error: unknown): GrpcFailure => refusalFailure(intake.refusalOf(error, admitted)))
      .then((made) => {
        intake.memory.release(bytes);
        if (!Buffer.isBuffer(made)) return callback(made);
        admitted.answers(made.length);
        callback(null, made);
      });
  };
}
