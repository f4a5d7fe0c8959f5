import type { ConditionName } from './verdict';

/** Since when each condition has been as it is: holding, or failing. */
export class ConditionTimes {
  private readonly known = new Map<ConditionName, { readonly ok: boolean; readonly since: number }>();

  /** Epoch milliseconds; `now` when it was the other way when asked before, or was never asked about. */
  since(name: ConditionName, ok: boolean, now: number): number {
    const before = this.known.get(name);
    if (before?.ok === ok) return before.since;
    this.known.set(name, { ok, since: now });
    return now;
  }
}
