import type { Request, RequestHandler } from 'express';
import { suggestion } from '../config/nearest';
import { ProblemError } from './problem';

/**
 * Refuses every parameter of the query but these: one that is mistyped would leave a filter out, and what was meant
 * for a few would be done to all.
 */
export function onlyParameters(...known: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const unknown = Object.keys(request.query).find((name) => !known.includes(name));
    if (unknown === undefined) return next();
    const meant = suggestion(unknown, known) || '.';
    throw new ProblemError(400, 'bad_query', `${unknown} is no parameter here${meant}`);
  };
}

/** A whole number in the query; 400 for anything else. */
export function readInteger(
  request: Request,
  name: string,
  { fallback, from, to }: { readonly fallback: number; readonly from: number; readonly to: number },
): number {
  const text = request.query[name];
  if (text === undefined) return fallback;
  const value = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= from && value <= to)) {
    throw new ProblemError(400, 'bad_query', `${name} must be a whole number from ${from} to ${to}.`);
  }
  return value;
}

/** An RFC 3339 time in the query as epoch milliseconds, if it is there; 400 for anything else. */
export function readTime(request: Request, name: string): number | undefined {
  const text = request.query[name];
  if (text === undefined) return undefined;
  const time = typeof text === 'string' && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new ProblemError(400, 'bad_query', `${name} must be a time such as 2026-01-31T12:00:00Z.`);
  }
  return time;
}

/** One of a list in the query, if it is there; 400 for anything else. */
export function readChoice<T extends string>(
  request: Request,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = request.query[name];
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice === undefined) {
    throw new ProblemError(400, 'bad_query', `${name} must be one of ${choices.join(', ')}.`);
  }
  return choice;
}
