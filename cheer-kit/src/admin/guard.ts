import type { Request, RequestHandler } from 'express';
import type { Authenticator, Denial, Identity, Role } from '../auth/authenticator';
import { challengeOf, denialRetrySeconds, explainDenial } from '../auth/denial';
import { isLoopbackHostHeader } from '../auth/loopback';
import { ProblemError } from './problem';

const callers = new WeakMap<Request, Identity>();

/** What a route of the API puts in front of its handler. */
export interface AdminGuards {
  /** Lets through who has the role reader. */
  readonly reader: RequestHandler;
  /** For what changes something: the role operator, from the page of this service or from no page at all. */
  readonly operator: RequestHandler[];
}

export function createGuards(authenticator: Authenticator): AdminGuards {
  return {
    reader: requireRole(authenticator, 'reader'),
    operator: [requireSameOriginJson(), requireRole(authenticator, 'operator')],
  };
}

/** True when neither keys nor tokens are asked for: who shows nothing is somebody all the same. */
export function isOpen(authenticator: Authenticator): boolean {
  const nobody = authenticator.authenticate({});
  return typeof nobody === 'object' && 'roles' in nobody;
}

/** The caller that `requireRole` let through. */
export function callerOf(request: Request): Identity {
  const caller = callers.get(request);
  if (!caller) throw new Error(`${request.path} has no role check in front of it`);
  return caller;
}

/** Lets through who has the role; 401 without valid credentials, 403 without the role. */
export function requireRole(authenticator: Authenticator, role: Role): RequestHandler {
  return (request, _response, next) => {
    const outcome = authenticator.authenticate({
      authorization: request.get('Authorization'),
      apiKey: request.get('X-API-Key'),
    });
    const admit = (caller: Identity | Denial): void => {
      if (typeof caller === 'string') throw denied(caller);
      if (!caller.roles.includes(role)) {
        throw new ProblemError(403, 'forbidden', `${caller.name} does not have the role ${role}.`);
      }
      callers.set(request, caller);
      next();
    };
    // Express passes a rejection on as it does what is thrown.
    return outcome instanceof Promise ? outcome.then(admit) : admit(outcome);
  };
}

function denied(denial: Denial): ProblemError {
  const detail = explainDenial(denial);
  return denial === 'unavailable'
    ? new ProblemError(503, 'auth_unavailable', detail, { 'Retry-After': String(denialRetrySeconds) })
    : new ProblemError(401, 'unauthenticated', detail, { 'WWW-Authenticate': challengeOf(denial) });
}

/**
 * Against DNS rebinding: a page on a foreign name that resolves to 127.0.0.1 is same-origin with us, and without
 * keys nothing else would stop it. Its requests carry that foreign name in Host.
 */
export function requireLoopbackHost(): RequestHandler {
  return (request, _response, next) => {
    if (!isLoopbackHostHeader(request.headers.host)) {
      throw new ProblemError(
        421,
        'host_not_loopback',
        'This port is bound to loopback and has no keys: call it as localhost or 127.0.0.1.',
      );
    }
    next();
  };
}

/**
 * Against cross-site requests: a browser names its page's origin on every POST, and it can't send this content
 * type to a foreign origin without asking first. Tools that are no browser send no Origin.
 */
export function requireSameOriginJson(): RequestHandler {
  return (request, _response, next) => {
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    if (
      (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) ||
      (site ?? 'same-origin') !== 'same-origin'
    ) {
      throw new ProblemError(
        403,
        'cross_origin',
        'Only the page of this service itself may ask for changes.',
      );
    }
    const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/json') {
      throw new ProblemError(415, 'unsupported_media_type', 'Send Content-Type: application/json.');
    }
    next();
  };
}

/** Host and port of an origin; undefined for `null` and for what is no URL. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
