import { constants, type ServerHttp2Stream } from 'node:http2';
import {
  status as grpcStatus,
  type Metadata,
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import {
  explainDenial,
  traceIdOf,
  type Authenticator,
  type Denial,
  type Identity,
  type Role,
} from '@selfcheer/cheer-kit';
import type { Limits } from '../config/schema';
import type { TraceContext, Traffic } from '../event';
import { FrameMeter } from './grpc-frames';
import { credentialsOf, headerBytes, headersOf, priorityOf } from './grpc-metadata';
import { grpcMethods, type GrpcMethod } from './grpc-schema';
import { callFailure, refusalFailure, withDetails, type GrpcCode, type GrpcFailure } from './grpc-status';
import type { IngestSpan, IngestSpans } from './ingest-spans';
import { refusal, type Delivery, type Intake } from './intake';
import { smallBodyBytes, type LargeBody } from './large-bodies';
import type { Refusal } from './problem';
import { exemplarOf, traceOf, trafficOf } from './request-context';
import { UnfinishedMessages, type Sender } from './unfinished-messages';

export interface GrpcObserver {
  /** A call ended `seconds` after its headers. The id of its trace: only of a recorded one, and of any (`id`). */
  grpcHandled(method: GrpcMethod, code: GrpcCode, seconds: number, traceId?: string, id?: string): void;
}

export interface GateOptions {
  readonly intake: Intake;
  readonly authenticator: Authenticator;
  readonly limits: Pick<Limits, 'headerBytes' | 'minBytesPerSecond' | 'requestSeconds'>;
  readonly observer: GrpcObserver;
  /** Absent while no traces are exported. */
  readonly spans?: IngestSpans | undefined;
}

/** What the gate found out about a call, for its handler. */
export interface AdmittedCall {
  readonly tenant: string;
  readonly traffic: Traffic;
  readonly trace: TraceContext | undefined;
  /** True when nobody waits for an answer any more: cancelled, past its deadline, or answered. */
  readonly over: boolean;
  /**
   * Hands the reserved bytes of a message over to the handler, who releases them when the event is durable or refused.
   * False when the call is over: then they are released already, and the message is not worth storing.
   */
  take(bytes: number): boolean;
  /** Tells the size of the answer: a large one counts as memory until the caller has read it, and has its time. */
  answers(bytes: number): void;
  /** Tells whether answers of a stream wait for the caller to read them; when they do for too long, it is cut off. */
  unread(some: boolean): void;
}

/** Methods that are not for everybody. Health and reflection are: probes have no credentials. */
const roles: Partial<Record<GrpcMethod, Role>> = {
  'selfcheer.v1.IngestService/Ingest': 'producer',
  'selfcheer.v1.IngestService/IngestBatch': 'producer',
  'selfcheer.v1.IngestService/IngestStream': 'producer',
  'selfcheer.v1.CheerService/GetCheer': 'reader',
  'selfcheer.v1.CheerService/WatchCheer': 'reader',
};

/** How long the status of a call that is cut may wait for a caller who does not read its answers, in milliseconds. */
const trailersMs = 2_000;

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];
/** grpc-js gathers a message out of anyone's sight; only its stream shows how much of one it holds. */
type CallWithStream = ServerInterceptingCallInterface & { readonly stream: ServerHttp2Stream };
type Status = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

const admitted = new WeakMap<Metadata, AdmittedCall>();

/** What the gate found out about the call that came with this metadata. */
export function admittedCall(metadata: Metadata): AdmittedCall {
  const call = admitted.get(metadata);
  if (!call) throw new Error('the call did not pass the gate');
  return call;
}

/** Details of a call for the intake; the events were read just now. */
export function deliveryOf(call: AdmittedCall, intake: Intake): Delivery {
  const { tenant, traffic, trace } = call;
  const read = { receivedAt: intake.now(), startedAt: intake.clock() };
  return { transport: 'grpc', tenant, traffic, ...read, ...(trace && { trace }) };
}

/**
 * Stands before every call, and before its body is read: who is it, may they, is anything taken now, is there memory
 * for the message. And behind it: which status did it end with, and does the status carry its details.
 */
export function grpcGate(options: GateOptions): ServerInterceptor {
  const unfinished = new UnfinishedMessages(options.limits.minBytesPerSecond, options.intake.clock);
  return (definition, call) => {
    const method = grpcMethods.find((name) => name === definition.path.slice(1));
    if (method !== undefined) new GatedCall(method, definition.requestStream, call, options, unfinished);
    return call as ServerInterceptingCall; // the type asks for the wrapper class; only its interface is used
  };
}

class GatedCall implements Listener, AdmittedCall, Sender {
  tenant = '';
  traffic: Traffic = 'real';
  trace: TraceContext | undefined;
  over = false;
  #span: IngestSpan | undefined;
  readonly #method: GrpcMethod;
  readonly #streams: boolean;
  readonly #options: GateOptions;
  readonly #startedAt: number;
  readonly #send: (status: Status) => void;
  #next: Listener | undefined;
  #answered = false;
  #turnedAway = false;
  /** Bytes that are reserved and that the handler has not taken over. */
  #reserved = 0;
  /** Memory of a message that is not whole yet, beyond its first bytes. */
  #unfinished: LargeBody | undefined;
  readonly #unfinishedOfAll: UnfinishedMessages;
  readonly #frames = new FrameMeter();
  readonly #stream: ServerHttp2Stream;
  #waiting: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unread: NodeJS.Timeout | undefined;

  constructor(
    method: GrpcMethod,
    streams: boolean,
    call: ServerInterceptingCallInterface,
    options: GateOptions,
    unfinished: UnfinishedMessages,
  ) {
    this.#unfinishedOfAll = unfinished;
    this.#method = method;
    this.#streams = streams;
    this.#options = options;
    this.#startedAt = options.intake.clock();
    this.#send = call.sendStatus.bind(call);
    this.#stream = (call as CallWithStream).stream;
    this.#stream.on('data', (chunk: Buffer) => this.#arrived(chunk));
    const start = call.start.bind(call);
    // grpc-js ends some calls itself (oversize, deadline, damaged compression) and passes interceptors by. Only in the
    // place of its own method can such a status be counted and be given its details.
    call.sendStatus = (status) => this.#finish(status);
    call.start = (listener) => {
      this.#next = listener;
      if (!streams)
        this.#timer = setTimeout(() => this.#tooSlow(), options.limits.requestSeconds * 1000).unref();
      start(this);
    };
  }

  take(bytes: number): boolean {
    if (this.over) return false;
    this.#reserved -= bytes;
    return true;
  }

  answers(bytes: number): void {
    if (this.over || bytes <= smallBodyBytes) return;
    const { intake, limits } = this.#options;
    intake.memory.charge(bytes);
    this.#reserved += bytes;
    this.#timer = this.#cutLater(limits.requestSeconds);
  }

  unread(some: boolean): void {
    if (this.over || !some) {
      clearTimeout(this.#unread);
      this.#unread = undefined;
    } else this.#unread ??= this.#cutLater(this.#options.limits.requestSeconds);
  }

  #cutLater(seconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#stream.close(constants.NGHTTP2_CANCEL), seconds * 1000).unref();
  }

  onReceiveMetadata(metadata: Metadata): void {
    const role = roles[this.#method];
    if (role === undefined) {
      this.#next?.onReceiveMetadata(metadata);
      return;
    }
    const judged = (failure: GrpcFailure | undefined): void => this.#judged(metadata, failure);
    const judging = this.#judge(metadata, role);
    if (judging instanceof Promise) void judging.then(judged);
    else judged(judging);
  }

  onReceiveMessage(message: Buffer): void {
    const { memory } = this.#options.intake;
    if (roles[this.#method] === undefined) this.#next?.onReceiveMessage(message);
    else if (memory.tryReserve(message.length)) this.#pass(message);
    else if (this.#streams) this.#wait(message);
    else this.#finish(this.#refuse(bufferFull()));
  }

  onReceiveHalfClose(): void {
    clearTimeout(this.#timer);
    this.#next?.onReceiveHalfClose();
  }

  /** Called by grpc-js at the end of every call, also of one that went well. */
  onCancel(): void {
    clearTimeout(this.#timer);
    this.#observe(grpcStatus.CANCELLED);
    this.over = true;
    this.unread(false);
    this.#unfinishedOfAll.done(this);
    this.#releaseUnfinished();
    this.#options.intake.memory.release(this.#reserved);
    this.#reserved = 0;
    this.#waiting?.abort();
    this.#next?.onCancel();
  }

  /** Until it is handed on nothing is read of a call. */
  #judged(metadata: Metadata, failure: GrpcFailure | undefined): void {
    if (this.over) return;
    if (!failure) {
      admitted.set(metadata, this);
      this.#next?.onReceiveMetadata(metadata);
    } else if (this.#turnedAway) this.#options.intake.pacer.run(() => this.over || this.#finish(failure));
    else this.#finish(failure);
  }

  /** Never throws or rejects, which would leave the caller waiting. */
  #judge(metadata: Metadata, role: Role): GrpcFailure | undefined | Promise<GrpcFailure | undefined> {
    const fault = (error: unknown): GrpcFailure =>
      refusalFailure(this.#options.intake.refusalOf(error, this));
    try {
      const caller = this.#identify(metadata, role);
      if ('code' in caller) return caller;
      const admit = (known: Identity | Denial): GrpcFailure | undefined => this.#admit(metadata, role, known);
      return caller.who instanceof Promise ? caller.who.then(admit).catch(fault) : admit(caller.who);
    } catch (error) {
      return fault(error);
    }
  }

  #identify(
    metadata: Metadata,
    role: Role,
  ): GrpcFailure | { readonly who: ReturnType<Authenticator['authenticate']> } {
    const { authenticator, limits, spans } = this.#options;
    const sent = headerBytes(metadata);
    if (sent > limits.headerBytes) {
      const detail = `the metadata has ${sent} bytes; at most ${limits.headerBytes} are allowed`;
      return callFailure('headers_too_large', detail);
    }
    const headers = headersOf(metadata);
    const parent = traceOf(headers);
    if (role === 'producer') this.#span = spans?.grpc(this.#method, parent);
    this.trace = this.#span?.trace ?? parent;
    this.traffic = trafficOf(headers);
    return { who: authenticator.authenticate(credentialsOf(metadata)) };
  }

  #admit(metadata: Metadata, role: Role, caller: Identity | Denial): GrpcFailure | undefined {
    const { intake } = this.#options;
    if (typeof caller === 'string') return this.#deny(caller, role);
    if (!caller.roles.includes(role)) {
      return callFailure('forbidden', `${caller.name} does not have the role ${role}`);
    }
    this.tenant = caller.tenant;
    if (role !== 'producer') return undefined;
    const closed = intake.gate();
    if (closed) return this.#refuse(closed);
    const turnedAway = intake.admission.admit({
      tenant: caller.tenant,
      priority: priorityOf(metadata),
      bytes: 1,
    });
    this.#turnedAway = turnedAway !== undefined;
    return turnedAway && this.#refuse(turnedAway);
  }

  #deny(denial: Denial, role: Role): GrpcFailure {
    const detail = explainDenial(denial);
    if (denial !== 'unavailable') return callFailure('unauthenticated', detail);
    const why = refusal('auth_unavailable', detail);
    return role === 'producer' ? this.#refuse(why) : refusalFailure(why);
  }

  #pass(message: Buffer): void {
    this.#reserved += message.length;
    this.#next?.onReceiveMessage(message);
  }

  /** Counts what grpc-js gathers of a message until it is whole and is reserved as one. */
  #arrived(chunk: Buffer): void {
    const bytes = this.#frames.pass(chunk);
    if (this.over) return;
    if (bytes === 0) this.#unfinishedOfAll.done(this);
    else if (!this.#unfinishedOfAll.progress(this, bytes, chunk.length)) {
      this.#cut(this.#refuse(bufferFull()));
      return;
    }
    const held = this.#unfinished?.held ?? 0;
    const more = bytes - smallBodyBytes - held;
    if (held > 0 && more < 0) this.#releaseUnfinished();
    if (more <= 0) return;
    const { memory, large } = this.#options.intake;
    const unfinished = (this.#unfinished ??= large.open());
    if (memory.tryReserve(more)) {
      if (unfinished.tryGrow(more)) return;
      memory.release(more);
    }
    this.#cut(this.#refuse(bufferFull()));
  }

  #cut(failure: GrpcFailure): void {
    const stream = this.#stream;
    const answered = stream.headersSent;
    this.#finish(failure);
    // What was gathered stays until the stream is closed, and the caller would leave it open (RFC 9113, 8.1).
    const close = (): void => stream.close(constants.NGHTTP2_NO_ERROR);
    if (!answered) return close();
    // After an answer the status is in the trailers, which closing at once would cut off.
    const timer = setTimeout(close, trailersMs).unref();
    stream.once('wantTrailers', () => setImmediate(close)).once('close', () => clearTimeout(timer));
  }

  get heldUp(): boolean {
    return this.#waiting !== undefined || this.#stream.isPaused();
  }

  tooSlow(): void {
    const least = this.#options.limits.minBytesPerSecond;
    this.#unfinishedOfAll.done(this);
    this.#cut(callFailure('request_timeout', `fewer than ${least} bytes of the message came a second`));
  }

  #releaseUnfinished(): void {
    this.#options.intake.memory.release(this.#unfinished?.held ?? 0);
    this.#unfinished?.close();
    this.#unfinished = undefined;
  }

  /** Holds a stream's next message back, and so all behind it, until there is memory. */
  #wait(message: Buffer): void {
    const { intake, limits } = this.#options;
    const waiting = (this.#waiting = new AbortController());
    const timer = setTimeout(() => waiting.abort(), limits.requestSeconds * 1000).unref();
    intake.memory
      .reserve(message.length, waiting.signal)
      .then(
        () => (this.over ? intake.memory.release(message.length) : this.#pass(message)),
        () => this.#finish(this.#refuse(bufferFull())),
      )
      .finally(() => {
        clearTimeout(timer);
        this.#waiting = undefined;
      });
  }

  #refuse(why: Refusal): GrpcFailure {
    const { intake } = this.#options;
    const events = this.#method === 'selfcheer.v1.IngestService/IngestBatch' ? intake.estimates.grpc.of() : 1;
    if (!this.over) intake.refused(why, events, { transport: 'grpc', traffic: this.traffic });
    return refusalFailure(why);
  }

  #tooSlow(): void {
    const seconds = this.#options.limits.requestSeconds;
    this.#cut(callFailure('request_timeout', `the request was not there whole after ${seconds} s`));
  }

  #finish(status: Status): void {
    const ending = withDetails(status);
    this.#observe(ending.code);
    this.#send(ending);
  }

  #observe(code: grpcStatus): void {
    if (this.#answered) return;
    this.#answered = true;
    const { intake, observer } = this.#options;
    const seconds = (intake.clock() - this.#startedAt) / 1000;
    const named = grpcStatus[code] as GrpcCode;
    this.#span?.endGrpc(named);
    const { trace } = this;
    observer.grpcHandled(this.#method, named, seconds, exemplarOf(trace), trace && traceIdOf(trace));
  }
}

function bufferFull(): Refusal {
  return refusal('buffer_full', 'too many bytes wait to be stored: send again later, or less at once');
}
