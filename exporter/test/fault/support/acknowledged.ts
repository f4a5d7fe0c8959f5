import type { LedgerDriver } from '../../../../e2e/helpers/ledger-driver';
import { waitFor } from './wait-for';

/** Waits until so many events more are acknowledged. */
export async function moreAcknowledged(driver: LedgerDriver, more: number, withinMs = 20_000): Promise<void> {
  const until = driver.acknowledged + more;
  try {
    await waitFor(`${more} more acknowledged`, withinMs, () => driver.acknowledged >= until, 2);
  } catch (error) {
    const seen = JSON.stringify([...driver.refusals]);
    throw new Error(`${until - driver.acknowledged} of ${more} not acknowledged; refusals: ${seen}`, {
      cause: error,
    });
  }
}

/**
 * What it was refused for, but for overload: the machine of a test may be too slow for its load, and to say so then is
 * right.
 */
export function refusedFor(driver: LedgerDriver): string[] {
  return [...driver.refusals.keys()].filter((why) => why !== '503 overloaded');
}
