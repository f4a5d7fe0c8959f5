import { type CheerState, statesWorstFirst } from '../types';
import { rankOf, worstOf } from './states';

/** From `time` (epoch ms) on a series says this state, or says it no more. */
export interface Toggle {
  readonly time: number;
  readonly state: CheerState;
  readonly on: boolean;
}

export interface Change {
  /** Epoch ms of the first point with the new state. */
  readonly time: number;
  readonly state: CheerState;
  readonly was: CheerState;
}

/**
 * How one state changes, oldest first, from what many series say: it is the worst that any of them says at a time,
 * `disabled` only where none is green. While none says any, the last goes on: a gap is no change.
 */
export function changesOf(toggles: Toggle[]): Change[] {
  toggles.sort((a, b) => a.time - b.time);
  const saying = new Array<number>(statesWorstFirst.length).fill(0);
  const changes: Change[] = [];
  let state: CheerState | undefined;
  for (let index = 0; index < toggles.length;) {
    const { time } = toggles[index];
    do {
      const { state: said, on } = toggles[index];
      saying[rankOf(said)] += on ? 1 : -1;
      index++;
    } while (index < toggles.length && !(toggles[index].time > time));
    const now = worstOf((said) => saying[rankOf(said)] > 0);
    if (now !== undefined && now !== state) {
      if (state !== undefined) {
        changes.push({ time, state: now, was: state });
      }
      state = now;
    }
  }
  return changes;
}
