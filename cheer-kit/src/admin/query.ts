import type { Request, RequestHandler } from 'express';
import { ProblemError } from './problem';

/**
 * Refuses every parameter of the query but these: one that is mistyped would leave a filter out, and what was meant
 * for a few would be done to all.
 */
export function onlyParameters(...known: readonly string[]): RequestHandler {
  return (request, _response, next) => {
    const unknown = Object.keys(request.query).find((name) => !known.includes(name));
    if (unknown === undefined) return next();
    const takes = known.length === 0 ? 'this takes none' : `this takes ${known.join(', ')}`;
    throw new ProblemError(400, 'bad_query', `${unknown} is no parameter here: ${takes}.`);
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

/** Seconds, minutes or hours: 300, 300s, 5m, 1h; up to 99999 s, 9999 m or 999 h. */
export const durationPattern = '^([1-9][0-9]{0,4}s?|[1-9][0-9]{0,3}m|[1-9][0-9]{0,2}h)$';
const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3600 };

/** Such a duration in the query in seconds, if it is there; 400 for anything else. */
export function readDuration(request: Request, name: string): number | undefined {
  const text = request.query[name];
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !new RegExp(durationPattern).test(text)) {
    throw new ProblemError(400, 'bad_query', `${name} must be a duration such as 300, 5m or 1h.`);
  }
  return Number.parseInt(text, 10) * (unitSeconds[text.at(-1) ?? ''] ?? 1);
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
