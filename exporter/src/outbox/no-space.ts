import { messageOf, StoreError } from '../errors';

/** True when a write failed because the disk, or the user's share of it, is used up; LevelDB says it in words only. */
export function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'store_no_space') return true;
  if (/No space left on device|Disk quota exceeded/i.test(error.message)) return true;
  return error.cause !== undefined && isNoSpace(error.cause);
}

/** A full disk is no damage: what is there opens as soon as there is room. */
export function noSpace(location: string, cause: unknown): StoreError {
  return new StoreError(
    'store_no_space',
    `${location} can't be opened, because its disk is full (${messageOf(cause)}). Nothing is lost: make room, then start again.`,
    { cause, retriable: true },
  );
}
