import { SelfcheerError } from '../errors';

/** For commands that change nothing until their end. Throws SelfcheerError `interrupted` once the signal has fired. */
export function stopIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SelfcheerError('interrupted', 'Interrupted: everything is as it was.');
}

export function isInterruption(error: unknown): boolean {
  return error instanceof SelfcheerError && error.code === 'interrupted';
}
