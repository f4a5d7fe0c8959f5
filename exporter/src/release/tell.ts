import { setTimeout as delay } from 'node:timers/promises';

/** What became of one try: nothing to say when it was taken. */
export interface Told {
  readonly why?: string;
  /** The same may be taken a moment later. */
  readonly again?: boolean;
}

/** Whether who answers with this may answer otherwise a moment later. */
export function maySayOtherwise(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/**
 * Tells something to another service, several times where that may help. Resolves with why it was not taken, and with
 * nothing when it was. Never rejects unless `once` does.
 */
export async function tell(
  once: () => Promise<Told>,
  { tries, waitMs, signal }: { tries: number; waitMs: number; signal: AbortSignal },
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const { why, again } = await once();
    if (why === undefined || !again || attempt === tries || signal.aborted) return why;
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
  }
}
