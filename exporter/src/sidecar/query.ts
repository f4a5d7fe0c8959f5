import type { Request } from 'express';
import { ProblemError } from './problem';

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
