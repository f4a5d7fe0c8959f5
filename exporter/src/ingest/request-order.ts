import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery, Intake, IntakeDraft, Submission } from './intake';
import type { Refusal } from './problem';

/**
 * Hands the groups of one request (or stream) to the outbox in their order, and none after one that was refused: sent
 * again, the refused events would come behind those of the same key that were taken.
 *
 * Whether a group is refused is decided when it is handed over, but told by a promise. So the next group goes a turn of
 * the event loop later, when that is known; what is refused after that (the store was fenced) is so with all behind it.
 *
 * A group for which the tenant's quota has no room waits for those before it: the charge for duplicates is given back.
 */
export class RequestOrder {
  /** Why nothing more of this request is taken. */
  refusal: Refusal | undefined;
  readonly #intake: Intake;
  /** Groups that wait for their turn, and the one that was handed over in this turn. */
  #undecided = 0;
  /** Groups that were handed over and are not settled. */
  readonly #unsettled = new Set<Promise<Submission>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  /** As `Intake.submit`, except that a later call waits for the earlier one to be decided. Never rejects. */
  async submit(drafts: readonly IntakeDraft[], delivery: Delivery): Promise<Submission> {
    if (this.#undecided++ > 0 || this.#mustWait(drafts, delivery)) {
      this.#turn = this.#turn.then(() => nextTurn()).then(() => this.#room(drafts, delivery));
      await this.#turn;
    }
    setImmediate(() => this.#undecided--);
    if (this.refusal) {
      this.#intake.refused(this.refusal, drafts.length, delivery);
      return { kind: 'refused', refusal: this.refusal };
    }
    const submitted = this.#intake.submit(drafts, delivery);
    this.#unsettled.add(submitted);
    const submission = await submitted;
    this.#unsettled.delete(submitted);
    if (submission.kind === 'refused') this.refusal ??= submission.refusal;
    return submission;
  }

  #mustWait(drafts: readonly IntakeDraft[], { tenant }: Delivery): boolean {
    return this.#unsettled.size > 0 && !this.refusal && !this.#intake.admission.hasRoom(tenant, drafts);
  }

  /** Waits until the quota has room or nothing more can be given back to it. */
  async #room(drafts: readonly IntakeDraft[], delivery: Delivery): Promise<void> {
    while (this.#mustWait(drafts, delivery)) await Promise.race(this.#unsettled);
  }
}
