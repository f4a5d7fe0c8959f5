import { KitError } from '../resilience/errors';

/** Why there is no profile. */
export type ProfileErrorCode =
  /** Another profile is being taken in this process. */
  | 'profile_running'
  /** No thread has that name. */
  | 'unknown_thread'
  /** The thread ended before its profile did. */
  | 'thread_ended'
  /** The thread runs something that can't be interrupted. */
  | 'thread_stuck';

/** No profile could be taken; the service goes on as before. */
export class ProfileError extends KitError {
  declare readonly code: ProfileErrorCode;

  constructor(code: ProfileErrorCode, message: string) {
    super(code, message, { retriable: code !== 'unknown_thread' });
  }
}
