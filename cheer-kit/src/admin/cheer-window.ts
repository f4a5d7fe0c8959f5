import { recentEventsCapacity } from '../recent-events';
import { cheerStates, missReasons, type CheerState } from '../verdict';
import { isoTime } from './api-json';
import type { ServiceView } from './service-view';

/** One state from a moment on; epoch milliseconds. */
interface Stretch {
  readonly at: number;
  readonly state: CheerState;
}

/**
 * What the recent events say of the last `seconds`: the part of `GET /api/v1/cheer?window=` that the verdict has not.
 * It reaches as far back as the ring and, for the time in each state, as this process: what a service was while nobody
 * wrote it down is `unknown`, so that the parts always add up to the window.
 */
export function cheerWindowJson(
  view: Pick<ServiceView, 'events' | 'verdict' | 'info'>,
  seconds: number,
  nowMs: number,
) {
  const fromMs = nowMs - seconds * 1000;
  const events = view.events(0);
  // Of a ring that is full, older events are gone.
  const knownFrom = events.length < recentEventsCapacity ? -Infinity : (events[0]?.at ?? -Infinity);
  const inside = events.filter(({ at }) => at >= fromMs && at <= nowMs);
  return {
    seconds,
    from: isoTime(fromMs),
    complete: knownFrom <= fromMs,
    state_changes: inside.filter(({ kind }) => kind === 'state').length,
    miss_events: Object.fromEntries(
      missReasons.map((reason) => [
        reason,
        inside.filter((event) => event.kind === 'miss' && event.reason === reason).length,
      ]),
    ),
    seconds_in_state: secondsInState(stretches(view, knownFrom), fromMs, nowMs),
  };
}

/** The states of this process, oldest first. It begins in warming, and no event tells of that. */
function stretches(view: Pick<ServiceView, 'events' | 'verdict' | 'info'>, knownFrom: number): Stretch[] {
  const { startedAt } = view.info;
  const found: Stretch[] = knownFrom <= startedAt ? [{ at: startedAt, state: 'warming' }] : [];
  for (const { kind, state, at } of view.events(0)) {
    if (kind === 'state' && state !== undefined && at >= startedAt) found.push({ at, state });
  }
  const { state, since } = view.verdict();
  if (found.at(-1)?.state !== state) found.push({ at: since, state });
  return found;
}

function secondsInState(
  found: readonly Stretch[],
  fromMs: number,
  nowMs: number,
): Record<CheerState | 'unknown', number> {
  const spent: Record<CheerState | 'unknown', number> = {
    ...(Object.fromEntries(cheerStates.map((state) => [state, 0])) as Record<CheerState, number>),
    unknown: 0,
  };
  // The clock may have been set back meanwhile: no moment is counted twice.
  let until = nowMs;
  for (const { at, state } of found.toReversed()) {
    const begin = Math.min(until, Math.max(at, fromMs));
    spent[state] += until - begin;
    until = begin;
  }
  spent.unknown = until - fromMs;
  for (const name of [...cheerStates, 'unknown'] as const) spent[name] /= 1000;
  return spent;
}
