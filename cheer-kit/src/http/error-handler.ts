import { validateHeaderValue, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from '../logger';
import {
  asError,
  BreakerOpenError,
  BulkheadFullError,
  CallTimeoutError,
  HttpError,
  KitError,
} from '../resilience/errors';
import { isTransient } from '../resilience/transient';
import { problemTitle } from './problem-title';
import { routePattern } from './route-pattern';

/** The last handler of an express app, for errors. Express tells it by its four parameters. */
export type HttpErrorHandler = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Answers errors as `application/problem+json` (RFC 9457), and logs those that are the service's own, redacted and with
 * the request's correlation id. Callers see the message of 4xx only, and not where the error's `expose` is false or the
 * system has thrown it. Headers that were set for the answer that failed are kept, as those of CORS and security, save for
 * what is said of its content and its caching.
 *
 * | what was thrown | answer |
 * | --- | --- |
 * | something with a `status` and `expose`, as http-errors and body-parser make it | that, with its `headers` that explain a status |
 * | the router's URIError | 400 |
 * | BreakerOpenError, BulkheadFullError: nothing was tried | 503 with Retry-After |
 * | CallTimeoutError | 504 |
 * | HttpError of a downstream, or a network that failed | 502 |
 * | anything else | 500 |
 */
export function createErrorHandler(logger: Logger): HttpErrorHandler {
  return (thrown, request, response, _next) => {
    const status = statusOf(thrown);
    const error = asError(thrown);
    if (status >= 500) {
      logger.error({ err: error, method: request.method, route: routePattern(request) }, error.message);
    }
    if (response.headersSent) {
      // Half an answer must not pass for a whole one.
      response.destroy();
      return;
    }
    for (const name of response.getHeaderNames()) if (isOfContent(name)) response.removeHeader(name);
    const ours = status >= 500;
    if (status === 503) response.setHeader('Retry-After', '1');
    for (const [name, value] of explaining(thrown, status)) response.setHeader(name, value);
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/problem+json');
    const title = problemTitle(status);
    const code = ours && !(error instanceof KitError) ? 'internal' : codeOf(error);
    const detail = ours
      ? 'This is a fault of the service; its log has the details.'
      : isExposed(error)
        ? error.message
        : undefined;
    const body = JSON.stringify({ type: 'about:blank', title, status, detail, code });
    // Node does not set again what was removed.
    response.setHeader('Content-Length', Buffer.byteLength(body));
    response.end(body);
  };
}

const otherHeaders = [
  'age',
  'cache-control',
  'etag',
  'expires',
  'last-modified',
  'trailer',
  'transfer-encoding',
];

/** What describes the body that will not be sent. A problem must neither be cut to its length nor be cached like it. */
function isOfContent(name: string): boolean {
  return (
    (name.startsWith('content-') && !name.startsWith('content-security-')) || otherHeaders.includes(name)
  );
}

/** RFC 9110: what goes with 401, 405, 416, 426, 429 and 503. Clients of others put into `headers` all that they were sent. */
const explainingHeader =
  /^(allow|content-range|retry-after|upgrade|www-authenticate|(x-)?ratelimit(-\w+)?)$/i;

function explaining(thrown: unknown, status: number): [name: string, value: string][] {
  if (saidStatus(thrown) !== status || !has(thrown, 'headers')) return [];
  const { headers } = thrown;
  if (typeof headers !== 'object' || headers === null) return [];
  return Object.entries(headers)
    .filter(([name, value]) => explainingHeader.test(name) && isHeaderValue(value))
    .map(([name, value]) => [name, String(value)]);
}

function isHeaderValue(value: unknown): value is string | number {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  try {
    validateHeaderValue('header', String(value));
    return true;
  } catch {
    return false;
  }
}

function has<Name extends string>(thrown: unknown, name: Name): thrown is Record<Name, unknown> {
  return typeof thrown === 'object' && thrown !== null && name in thrown;
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof BreakerOpenError || thrown instanceof BulkheadFullError) return 503;
  if (thrown instanceof CallTimeoutError) return 504;
  // Its status is what a downstream said to us.
  if (thrown instanceof HttpError) return 502;
  return saidStatus(thrown) ?? (isTransient(thrown) ? 502 : 500);
}

/** What it says of itself; undefined where that is no error of HTTP, or may be what a downstream said to its client. */
function saidStatus(thrown: unknown): number | undefined {
  const isAnswer =
    (has(thrown, 'expose') && typeof thrown.expose === 'boolean') || thrown instanceof URIError;
  if (!isAnswer) return undefined;
  const said = has(thrown, 'status')
    ? thrown.status
    : has(thrown, 'statusCode')
      ? thrown.statusCode
      : undefined;
  return typeof said === 'number' && Number.isInteger(said) && said >= 400 && said <= 599 ? said : undefined;
}

/** By `expose`, as http-errors has it. An error of the system has a path of this machine in its message. */
function isExposed(error: Error): boolean {
  return !(has(error, 'expose') && error.expose === false) && !has(error, 'syscall');
}

function codeOf(error: Error): string {
  return isExposed(error) && has(error, 'code') && typeof error.code === 'string'
    ? error.code
    : 'bad_request';
}
