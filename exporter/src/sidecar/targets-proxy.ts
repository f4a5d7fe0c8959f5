import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream';
import { methodNotAllowed, ProblemError } from '@selfcheer/cheer-kit';
import type { Request, RequestHandler, Response } from 'express';
import { troubleOf, type Target } from './targets';
import { requestTarget, TargetSilentError } from './targets-request';
import { wholeBody } from './whole-body';

export interface TargetProxyOptions {
  /** Whether what changes something is passed on, too. */
  readonly mayChange: boolean;
  /** This sidecar by name and version, for the header Via. */
  readonly name: string;
  /** Milliseconds in which a target must say something, to a question and to an order; 15,000 and 75,000 when absent. */
  readonly silenceMs?: { readonly get: number; readonly post: number };
}

/** Streams say something every second; a profile of a minute is silent until it is taken. */
const usualSilenceMs = { get: 15_000, post: 75_000 };

/** What a target has on its admin port that is of use to its page. Below it, `..` in any spelling leads nowhere. */
const reachable = /^\/(?:api\/v1(?:\/|$)|health$|metrics$)/;
const changeable = /^\/api\/v1(?:\/|$)/;
/** Credentials are the caller's own: a sidecar adds none to what it passes on. */
const passedOn = [
  ...['authorization', 'x-api-key', 'accept', 'content-type', 'last-event-id', 'user-agent'],
  ...['traceparent', 'tracestate'],
];
const passedBack = [
  ...['content-type', 'content-disposition', 'retry-after', 'www-authenticate', 'x-accel-buffering', 'allow'],
];
/** Data, and nothing that a browser would run as part of this sidecar's own page. */
const data =
  /^(?:application\/(?:problem\+)?json|application\/openmetrics-text|text\/plain|text\/event-stream)(?:;|$)/i;
const largestBody = 64 * 1024;

/**
 * Passes a request on to a target: `GET` of its API, metrics and health, and `POST` of its API as its operator's own
 * actions. In front of a `POST` stands `requireSameOriginJson`. What the target answers comes back as it is; when it
 * does not answer, 502 `target_unreachable` or 504 `target_silent`.
 */
export function proxyTo(target: Target, options: TargetProxyOptions): RequestHandler {
  return async (request, response) => {
    const changes = request.method === 'POST';
    const url = addressOf(target, request.originalUrl.replace(/^\/targets\/[^/?]*/, ''), changes);
    if (changes && !options.mayChange) {
      const why =
        'This sidecar can be reached from other machines, so it only reads. Use the page of the service.';
      throw new ProblemError(403, 'read_only', why);
    }
    const body = changes ? await wholeBody(request, largestBody) : undefined;
    if (changes && !body) return;
    const left = new AbortController();
    response.on('close', () => left.abort());
    const { get, post } = options.silenceMs ?? usualSilenceMs;
    const answer = await requestTarget(url, {
      ...{ method: request.method, headers: headersFor(request, options), signal: left.signal },
      ...{ silenceMs: changes ? post : get, ...(body && { body }) },
    }).catch((error: unknown) => {
      if (!left.signal.aborted) throw unreachable(target, error);
    });
    if (answer) passBack(target, answer, response);
  };
}

/** @throws ProblemError for what is not of the target's API, or can't be changed */
function addressOf(target: Target, rest: string, changes: boolean): URL {
  const nothing = new ProblemError(404, 'not_found', `There is nothing at ${rest} of ${target.name}.`);
  // A request line may have a whole URL in it, as for a proxy: then this is none.
  if (!URL.canParse(target.url + rest)) throw nothing;
  const base = new URL(target.url);
  const url = new URL(target.url + rest);
  const prefix = base.pathname.replace(/\/$/, '');
  // As the parser understands it: with dots resolved, whether they were encoded or not.
  const inside = url.origin === base.origin && url.pathname.startsWith(prefix);
  const path = url.pathname.slice(prefix.length);
  if (!inside || !reachable.test(path) || /%2f|%5c/i.test(url.pathname)) throw nothing;
  if (changes && !changeable.test(path)) throw methodNotAllowed('POST', 'GET');
  return url;
}

function headersFor(request: Request, { name: via }: TargetProxyOptions): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { via: `1.1 ${via}` };
  for (const name of passedOn) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  // The guard has seen that the page is this sidecar's own; the target would take it for a foreign one by its Origin.
  if (request.headers['sec-fetch-site'] !== undefined) headers['sec-fetch-site'] = 'same-origin';
  return headers;
}

function passBack(target: Target, answer: IncomingMessage, response: Response): void {
  const status = answer.statusCode ?? 502;
  const type = answer.headers['content-type'] ?? '';
  const empty = answer.headers['content-length'] === '0';
  if (status < 200 || (status >= 300 && status < 400) || !(empty || data.test(type))) {
    answer.destroy();
    const what = `${status}${type === '' ? '' : ` with ${type.slice(0, 100)}`}`;
    throw new ProblemError(
      502,
      'target_odd',
      `${target.name} answers ${what}: is its URL that of an admin port?`,
    );
  }
  for (const name of passedBack) {
    const value = answer.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  // Should a browser open it as a document, it has no rights at all.
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
  response.status(status);
  response.flushHeaders();
  // A target that breaks off in the middle ends the answer to the page in the same way.
  pipeline(answer, response, () => undefined);
}

function unreachable(target: Target, error: unknown): ProblemError {
  const silent = error instanceof TargetSilentError;
  const detail = `${target.name} does not answer: ${troubleOf(error)}.`;
  return new ProblemError(silent ? 504 : 502, silent ? 'target_silent' : 'target_unreachable', detail);
}
