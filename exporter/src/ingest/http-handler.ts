import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  challengeOf,
  explainDenial,
  isLoopbackHostHeader,
  traceIdOf,
  type Authenticator,
  type CorsHandler,
  type Denial,
  type Identity,
} from '@selfcheer/cheer-kit';
import type { Limits } from '../config/schema';
import type { Traffic } from '../event';
import { BodyIntake, formatOf, maxBodyBytes, supportedTypes, type BodyRequest } from './http-bodies';
import {
  isRead,
  problemAnswer,
  refusalAnswer,
  sendAnswer,
  totalsAnswer,
  withHeaders,
  type Answer,
} from './http-answer';
import { ingestCors } from './http-cors';
import type { IngestSpan, IngestSpans } from './ingest-spans';
import { refusal, type Intake } from './intake';
import { smallBodyBytes } from './large-bodies';
import type { Refusal, RequestProblem } from './problem';
import { rateLimitHeaders } from './rate-limit-headers';
import { isSupportedEncoding, supportedEncodings } from './request-body';
import { exemplarOf, prefersMinimal, requestIdOf, traceOf, trafficOf } from './request-context';

export const eventsPath = '/v1/events';

export interface HttpIngestOptions {
  readonly intake: Intake;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  /** Origins whose pages may send events. */
  readonly cors: readonly string[];
  /** Bound to loopback without keys: the Host header must then be loopback too, against DNS rebinding. */
  readonly loopbackOnly: boolean;
  /** Serves every other path, for example an express app. */
  readonly fallback: RequestListener;
  /**
   * Called once for each answered request; seconds from its headers to its answer, and the id of a recorded trace. The
   * correlation id is that of its trace, recorded or not, else the request id.
   */
  readonly answered: (
    method: string,
    status: number,
    seconds: number,
    traceId: string | undefined,
    correlationId: string,
  ) => void;
  /** Absent while no traces are exported. */
  readonly spans?: IngestSpans | undefined;
}

/** A request that passed its headers' checks, or the answer that it gets instead; `turnedAway` is one of many. */
type Judgement =
  | { readonly admitted: Omit<BodyRequest, 'request'> }
  | { readonly answer: Answer; readonly turnedAway?: true };

/** A small body that is not wanted must have come by then, or the connection ends with the answer. */
const drainMs = 2_000;

/**
 * `POST /v1/events` on plain node:http, in front of the app that serves everything else: a framework costs more than
 * all of ingest. The order of the checks is that of their cost; the body comes last.
 */
export class HttpIngest {
  readonly #options: HttpIngestOptions;
  readonly #bodies: BodyIntake;
  readonly #cors: CorsHandler | undefined;

  constructor(options: HttpIngestOptions) {
    this.#options = options;
    this.#cors = ingestCors(options.cors);
    this.#bodies = new BodyIntake(options.intake, options.limits);
  }

  /** For the server's `request` event. */
  readonly handle: RequestListener = (request, response) => {
    if (pathOf(request) === eventsPath) void this.#serve(request, response);
    else this.#options.fallback(request, response);
  };

  /** For the server's `checkContinue` event: who waits for `100 Continue` gets it only when the body is wanted. */
  readonly handleExpect: RequestListener = (request, response) => {
    if (pathOf(request) === eventsPath) {
      void this.#serve(request, response, () => response.writeContinue());
      return;
    }
    response.writeContinue();
    this.#options.fallback(request, response);
  };

  /** For the first request of a connection that is one too many: the connection ends with the answer. */
  readonly handleCrowded: RequestListener = (request, response) => {
    const { intake } = this.#options;
    this.#allowOrigin(request, response);
    const why = refusal('overloaded', 'Too many connections are open: use fewer, and keep them');
    intake.refused(why, 1, { transport: 'http', traffic: trafficOf(request.headers) });
    response.shouldKeepAlive = false;
    const requestId = requestIdOf(request.headers);
    sendAnswer(request, response, refusalAnswer(why, requestId), requestId);
  };

  async #serve(request: IncomingMessage, response: ServerResponse, goOn?: () => void): Promise<void> {
    const { intake, answered, spans } = this.#options;
    const from = intake.clock();
    this.#allowOrigin(request, response);
    const requestId = requestIdOf(request.headers);
    const span = spans?.http(request, eventsPath, traceOf(request.headers));
    let trace = span?.trace;
    try {
      const judging = this.#judge(request, requestId, span);
      // Nothing waits where nothing has to: most callers are known.
      const judgement = judging instanceof Promise ? await judging : judging;
      if (response.closed) {
        // Gone while its token was checked: nobody waits for an answer.
      } else if ('admitted' in judgement) {
        ({ trace } = judgement.admitted.delivery);
        goOn?.();
        await this.#take({ request, ...judgement.admitted }, response, requestId, span);
      } else {
        if (judgement.turnedAway) await this.#holdBack(request, goOn !== undefined);
        sendAnswer(request, response, judgement.answer, requestId);
      }
    } catch (error) {
      const why = intake.refusalOf(error, { trace, requestId });
      intake.refused(why, 1, { transport: 'http', traffic: trafficOf(request.headers) });
      sendAnswer(request, response, refusalAnswer(why, requestId), requestId);
    }
    const status = response.headersSent ? response.statusCode : undefined;
    span?.endHttp(status);
    if (status === undefined) return;
    const seconds = (intake.clock() - from) / 1000;
    answered(request.method ?? '', status, seconds, exemplarOf(trace), trace ? traceIdOf(trace) : requestId);
  }

  /**
   * Waits for this refusal's turn. A small body is read and thrown away meanwhile, so that the connection can stay open;
   * one that is large, of unknown length or not sent yet (`expects`) ends it.
   */
  async #holdBack(request: IncomingMessage, expects: boolean): Promise<void> {
    if (!expects && Number(request.headers['content-length'] ?? Infinity) <= smallBodyBytes) {
      request.resume();
      await nextTurn(); // what came with the headers is read by then
      if (!isRead(request)) await once(request, 'end', drainMs);
    }
    await new Promise<void>((resolve) => this.#options.intake.pacer.run(resolve));
  }

  async #take(
    from: BodyRequest,
    response: ServerResponse,
    requestId: string,
    span: IngestSpan | undefined,
  ): Promise<void> {
    const { intake } = this.#options;
    const { pipeline, halted, close } = await this.#bodies.take(from);
    const totals = await pipeline.finish();
    span?.counted(totals);
    const read = totals.accepted + totals.duplicates + totals.rejected;
    if (response.closed) {
      close();
      return;
    }
    response.once('close', close);
    let answer: Answer;
    if (halted?.kind === 'gone') return; // 'close' is on its way
    if (halted?.kind === 'problem') {
      intake.rejected(1, from.delivery);
      const { code, detail } = halted.problem;
      answer = problemAnswer(code, detail, requestId, { totals });
    } else if (halted) {
      intake.refused(halted.refusal, Math.max(1, this.#eventsOf(from.request) - read), from.delivery);
      answer = refusalAnswer(halted.refusal, requestId, totals);
    } else if (totals.refusal) {
      answer = refusalAnswer(totals.refusal, requestId, totals);
      if (isTurnedAway(totals.refusal)) await new Promise<void>((resolve) => intake.pacer.run(resolve));
    } else {
      intake.estimates.http.learn(read, lengthOf(from.request));
      answer = totalsAnswer(totals, from.minimal, requestId);
    }
    sendAnswer(from.request, response, this.#limited(answer, from.delivery.tenant), requestId);
  }

  /** Events of a request that was not read to its end, as far as can be told. */
  #eventsOf(request: IncomingMessage): number {
    const { intake, limits } = this.#options;
    const format = formatOf(request.headers);
    if (format === 'cloudevent' || format === 'cloudevent-binary') return 1;
    // A length is only what somebody says.
    return Math.min(intake.estimates.http.of(lengthOf(request)), limits.eventsPerRequest);
  }

  /** The answer with the limits of a tenant that has a quota. */
  #limited(answer: Answer, tenant: string): Answer {
    const readings = this.#options.intake.admission.readings(tenant);
    return readings ? withHeaders(answer, rateLimitHeaders(readings)) : answer;
  }

  /** The headers that let a page of an allowed origin read what is answered to it. */
  #allowOrigin(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.origin !== undefined) this.#cors?.(request, response, () => undefined);
  }

  #judge(
    request: IncomingMessage,
    requestId: string,
    span: IngestSpan | undefined,
  ): Judgement | Promise<Judgement> {
    const { authenticator, loopbackOnly } = this.#options;
    const { headers, method } = request;
    if (method === 'OPTIONS' && this.#cors && headers.origin !== undefined) {
      return { answer: { status: 204, headers: {}, body: [] } };
    }
    if (method !== 'POST') {
      const detail = `${method} ${eventsPath}: send events with POST`;
      const allow = this.#cors ? 'POST, OPTIONS' : 'POST';
      return { answer: problemAnswer('method_not_allowed', detail, requestId, { headers: { allow } }) };
    }
    if (loopbackOnly && !isLoopbackHostHeader(headers.host)) {
      const detail = 'This port is bound to loopback and has no keys: call it as localhost or 127.0.0.1';
      return { answer: problemAnswer('host_not_loopback', detail, requestId) };
    }
    const { authorization, 'x-api-key': apiKey } = headers;
    const caller = authenticator.authenticate({
      authorization,
      apiKey: typeof apiKey === 'string' ? apiKey : undefined,
    });
    const admit = (known: Identity | Denial): Judgement => this.#admit(request, requestId, span, known);
    return caller instanceof Promise ? caller.then(admit) : admit(caller);
  }

  #admit(
    request: IncomingMessage,
    requestId: string,
    span: IngestSpan | undefined,
    caller: Identity | Denial,
  ): Judgement {
    const { intake, limits } = this.#options;
    const { headers } = request;
    const traffic = trafficOf(headers);
    if (typeof caller === 'string') return { answer: this.#deny(caller, requestId, traffic) };
    if (!caller.roles.includes('producer')) {
      const detail = `${caller.name} may not send events: it lacks the role producer`;
      return { answer: problemAnswer('forbidden', detail, requestId) };
    }
    const closed = intake.gate();
    if (closed) {
      intake.refused(closed, this.#eventsOf(request), { transport: 'http', traffic });
      return { answer: refusalAnswer(closed, requestId) };
    }
    const contentLength = lengthOf(request);
    const { tenant } = caller;
    const priority = typeof headers['priority'] === 'string' ? headers['priority'] : undefined;
    const turnedAway = intake.admission.admit({ tenant, priority, bytes: contentLength ?? 1 });
    if (turnedAway) {
      intake.refused(turnedAway, this.#eventsOf(request), { transport: 'http', traffic });
      return { answer: this.#limited(refusalAnswer(turnedAway, requestId), tenant), turnedAway: true };
    }
    const reject = (problem: RequestProblem, extra: Record<string, string> = {}): Judgement => {
      intake.rejected(1, { transport: 'http', traffic });
      const answer = problemAnswer(problem.code, problem.detail, requestId, { headers: extra });
      return { answer: this.#limited(answer, tenant) };
    };
    const format = formatOf(headers);
    if (typeof format !== 'string') return reject(format, { 'accept-post': supportedTypes });
    const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    if (!isSupportedEncoding(encoding)) {
      const detail = `The content encoding ${JSON.stringify(encoding)}; send ${supportedEncodings} or none`;
      return reject({ code: 'unsupported_encoding', detail }, { 'accept-encoding': supportedEncodings });
    }
    const limit = maxBodyBytes(format, limits);
    if (contentLength !== undefined && contentLength > limit) {
      const detail = `the body has ${contentLength} bytes; at most ${limit} are allowed: send it in smaller requests`;
      return reject({ code: 'body_too_large', detail });
    }
    const trace = span ? span.trace : traceOf(headers);
    const delivery = {
      transport: 'http',
      tenant,
      traffic,
      requestId,
      ...(trace && { trace }),
    } as const;
    return { admitted: { format, encoding, delivery, minimal: prefersMinimal(headers) } };
  }

  #deny(denial: Denial, requestId: string, traffic: Traffic): Answer {
    const detail = explainDenial(denial);
    if (denial === 'unavailable') {
      const why = refusal('auth_unavailable', detail);
      this.#options.intake.refused(why, 1, { transport: 'http', traffic });
      return refusalAnswer(why, requestId);
    }
    const headers = { 'www-authenticate': challengeOf(denial) };
    return problemAnswer('unauthenticated', detail, requestId, { headers });
  }
}

function isTurnedAway({ code }: Refusal): boolean {
  return code === 'overloaded' || code === 'quota_exceeded';
}

/** Resolves with the event, when the request is closed, or when it has been long enough. */
function once(request: IncomingMessage, event: 'end', withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      request.off(event, done).off('close', done);
      resolve();
    };
    const timer = setTimeout(done, withinMs);
    request.on(event, done).on('close', done);
  });
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** Undefined when the headers don't say it. */
function lengthOf({ headers }: IncomingMessage): number | undefined {
  return headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
}
