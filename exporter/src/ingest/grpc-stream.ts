import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import {
  cheerMessage,
  encodeIngestResponse,
  rejectedMessage,
  settledMessage,
  type IngestResponseMessage,
} from './grpc-encode';
import { admittedCall, deliveryOf, type AdmittedCall } from './grpc-gate';
import { readEvent, type IngestHandlerOptions } from './grpc-ingest';
import type { OpenStreams } from './grpc-open-streams';
import { refusalFailure, type GrpcFailure } from './grpc-status';
import { RequestOrder } from './request-order';
import { refusal, type Delivery, type IntakeDraft, type ItemResult, type Submission } from './intake';

const groupEvents = 500;
const groupBytes = 512 * 1024;
const groupsInFlight = 4;
/** How often a stream looks whether the outbox has written: with `ack: broker` what is in flight tells much later. */
const lookMs = 50;

interface Group {
  /** Answers that are known already (rejections), and undefined for each event that was submitted. */
  readonly answers: (IngestResponseMessage | undefined)[];
  readonly drafts: IntakeDraft[];
  /** Place of the group's first event in the stream. */
  readonly first: number;
  /** The call's details, with the time at which the first event was read. */
  readonly delivery: Delivery;
  bytes: number;
}

/** `IngestStream`. */
export function ingestStream(
  options: IngestHandlerOptions,
  open: OpenStreams,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => {
    const stream = new IngestStream(call, admittedCall(call.metadata), options);
    open.add(stream);
    call.on('close', () => open.delete(stream));
  };
}

/**
 * One stream: `reading` until the client half-closes, a refusal, or a drain; then `ending` until what was submitted is
 * answered; then the status.
 *
 * Messages go to the outbox in groups, each answered as it becomes durable. When none is in flight, what arrived
 * together goes at once; otherwise what arrives goes when they are settled or when it makes a full group (as in
 * Nagle's algorithm), so that a client which sends one message at a time does not get a synced write for each.
 *
 * Reads pause while too many groups are in flight and while the client does not read its answers; who does not for long
 * is cut off. That memory is used up pauses them too, before the message gets here (see the gate).
 */
class IngestStream {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #admitted: AdmittedCall;
  readonly #options: IngestHandlerOptions;
  readonly #order: RequestOrder;
  #group: Group | undefined;
  #count = 0;
  #inFlight = 0;
  #full = false;
  #look: NodeJS.Timeout | undefined;
  #ending: { readonly failure: GrpcFailure | undefined } | undefined;
  #ended = false;

  constructor(
    call: ServerDuplexStream<Buffer, Buffer>,
    admitted: AdmittedCall,
    options: IngestHandlerOptions,
  ) {
    this.#call = call;
    this.#admitted = admitted;
    this.#options = options;
    this.#order = new RequestOrder(options.intake);
    call.on('data', (message: Buffer) => this.#take(message));
    call.on('end', () => this.#end(undefined));
    call.on('drain', () => {
      this.#full = false;
      this.#admitted.unread(this.#ended);
      this.#regulate();
    });
  }

  /** Answers what was read, then ends with UNAVAILABLE. */
  drain(): void {
    this.#end(refusalFailure(refusal('draining', 'draining: send what was not answered again, elsewhere')));
  }

  #take(message: Buffer): void {
    if (this.#ending || !this.#admitted.take(message.length)) return;
    const index = this.#count++;
    if (!this.#group) {
      const delivery = deliveryOf(this.#admitted, this.#options.intake);
      this.#group = { answers: [], drafts: [], first: index, delivery, bytes: 0 };
      if (this.#inFlight === 0) setImmediate(() => this.#send());
    }
    const group = this.#group;
    group.bytes += message.length;
    const checked = readEvent(message, this.#options);
    if ('code' in checked) group.answers.push(rejectedMessage(this.#options.reader.id, checked, index));
    else group.answers.push(void group.drafts.push(checked));
    if (group.answers.length >= groupEvents || group.bytes >= groupBytes) this.#send();
  }

  #send(): void {
    const group = this.#group;
    if (!group) return;
    this.#group = undefined;
    const { intake } = this.#options;
    const { delivery } = group;
    intake.rejected(group.answers.length - group.drafts.length, delivery);
    this.#inFlight++;
    const submitted: Promise<Submission> =
      group.drafts.length > 0
        ? this.#order.submit(group.drafts, delivery)
        : Promise.resolve({ kind: 'settled', results: [] });
    void submitted.then((submission) => {
      this.#inFlight--;
      intake.memory.release(group.bytes);
      if (submission.kind === 'refused') this.#end(refusalFailure(submission.refusal));
      else this.#answer(group, submission.results);
      if (this.#inFlight === 0) this.#send();
      this.#regulate();
    });
    this.#regulate();
  }

  #answer(group: Group, results: readonly ItemResult[]): void {
    if (this.#admitted.over) return;
    const last = group.answers.length - 1;
    let settled = 0;
    for (const [i, known] of group.answers.entries()) {
      const answer = known ?? settledMessage(results[settled++] as ItemResult, group.first + i);
      if (i === last) answer.cheer = cheerMessage(this.#options.cheer(), false);
      this.#full = !this.#call.write(encodeIngestResponse(answer));
    }
    this.#admitted.unread(this.#full);
  }

  #end(failure: GrpcFailure | undefined): void {
    if (this.#ending) return;
    this.#ending = { failure };
    this.#send();
    this.#regulate();
  }

  #regulate(): void {
    if (this.#ending) this.#finish(this.#ending.failure);
    else if (this.#full || this.#inFlight >= groupsInFlight) this.#call.pause();
    else if (this.#crowded) {
      this.#call.pause();
      // Ends by itself: what is in flight is settled some time, whatever becomes of the client.
      this.#look ??= setTimeout(() => {
        this.#look = undefined;
        this.#regulate();
      }, lookMs);
    } else if (this.#call.isPaused()) this.#call.resume();
  }

  get #crowded(): boolean {
    return this.#inFlight > 0 && this.#options.intake.crowded;
  }

  /** Sends the status once everything is answered; reads no more. */
  #finish(failure: GrpcFailure | undefined): void {
    this.#call.pause();
    if (this.#inFlight > 0 || this.#ended) return;
    this.#ended = true;
    this.#admitted.unread(true); // until the status is read, which ends the call
    if (failure) this.#call.emit('error', failure);
    else this.#call.end();
  }
}
