import type { IncomingMessage, ServerResponse } from 'node:http';
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
 * the request's correlation id. Callers see the message of 4xx only.
 *
 * | what was thrown | answer |
 * | --- | --- |
 * | something with a `status`, as http-errors and body-parser make it | that |
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
    const ours = status >= 500;
    const detail = ours ? 'This is a fault of the service; its log has the details.' : error.message;
    const code = ours && !(error instanceof KitError) ? 'internal' : codeOf(error);
    if (status === 503) response.setHeader('Retry-After', '1');
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/problem+json');
    response.end(JSON.stringify({ type: 'about:blank', status, detail, code }));
  };
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof BreakerOpenError || thrown instanceof BulkheadFullError) return 503;
  if (thrown instanceof CallTimeoutError) return 504;
  // Its status is what a downstream said to us.
  if (thrown instanceof HttpError) return 502;
  if (typeof thrown === 'object' && thrown !== null) {
    const said = 'status' in thrown ? thrown.status : 'statusCode' in thrown ? thrown.statusCode : undefined;
    if (typeof said === 'number' && said >= 400 && said <= 599) return said;
  }
  return isTransient(thrown) ? 502 : 500;
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'bad_request';
}
