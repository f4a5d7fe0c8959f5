import type { z } from 'zod';
import { SelfcheerError } from '../errors';
import type { AdminFlags } from './admin-flags';

/** What every command of `quarantine` takes. */
export interface QuarantineFlags extends AdminFlags {
  readonly json?: boolean;
}

/** Which of the events. */
export interface FilterFlags {
  readonly reason?: string;
  readonly step?: string;
  /** Epoch milliseconds. */
  readonly since?: number;
}

export function filterQuery({ reason, step, since }: FilterFlags): URLSearchParams {
  return new URLSearchParams({
    ...(reason !== undefined && { reason }),
    ...(step !== undefined && { step }),
    ...(since !== undefined && { since: new Date(since).toISOString() }),
  });
}

/** The answer in the shape that the API promises. */
export function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { data, error } = schema.safeParse(answer);
  if (error === undefined) return data;
  throw new SelfcheerError(
    'admin_api',
    'The answer is not that of a quarantine. Is --admin the admin address?',
    { cause: error },
  );
}
