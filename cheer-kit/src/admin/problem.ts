import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { problemTitle } from '../http/problem-title';
import { KitError } from '../resilience/errors';

/** Thrown by a handler to answer with that problem. */
export class ProblemError extends KitError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message, { retriable: status === 503 });
    this.status = status;
    this.headers = headers;
  }
}

/** Answers with `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail` and a stable `code`. */
function sendProblem(response: Response, status: number, code: string, detail: string): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: problemTitle(status), status, detail, code }));
}

/** The problem of a method that is not there: 405. */
export function methodNotAllowed(method: string, allow: 'GET' | 'POST'): ProblemError {
  return new ProblemError(405, 'method_not_allowed', `${method} is not possible here; use ${allow}.`, {
    Allow: allow === 'GET' ? 'GET, HEAD' : allow,
  });
}

/** The last handler of a path: the methods that it has came before. */
export function onlyMethod(allow: 'GET' | 'POST'): RequestHandler {
  return (request) => {
    throw methodNotAllowed(request.method, allow);
  };
}

/** The faults that are ours go to `onError`; the caller sees no message of a foreign error. */
export function problemHandler(onError: (error: unknown, path: string) => void): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    if (response.headersSent) {
      onError(error, request.path);
      response.destroy();
    } else if (error instanceof ProblemError) {
      response.set(error.headers);
      sendProblem(response, error.status, error.code, error.message);
    } else if (isCoded(error) && error.retriable) {
      response.set('Retry-After', '1');
      sendProblem(response, 503, error.code, error.message.replace(/\s+/g, ' ').trim());
    } else if (isClientError(error)) {
      sendProblem(response, 400, 'bad_request', 'The path is not valid percent-encoding.');
    } else {
      onError(error, request.path);
      const code = isCoded(error) ? error.code : 'internal';
      sendProblem(response, 500, code, 'This is a fault of the service; its log has the details.');
    }
  };
}

/**
 * An error that was made for those who call: a stable code, and whether the same call may succeed later. By its looks,
 * since a service has errors of its own; those of Node have a code, too, and say nothing about that.
 */
function isCoded(error: unknown): error is Error & { readonly code: string; readonly retriable: boolean } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'retriable' in error &&
    typeof error.retriable === 'boolean'
  );
}

/** What the router itself throws, for a path such as `/%zz`. */
function isClientError(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 400;
}
