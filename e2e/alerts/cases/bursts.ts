import { gauge } from '../series';

const day = 24 * 60;
/** Minute to look at: what came before is at `burstTimes` ago. */
export const burstsEnd = 6 * day;
/** Minutes ago: between each window and half of it, and between it and twice it, of 1 h, 6 h, 1 d and 3 d. */
export const burstTimes = [5 * day, 2 * day, 36 * 60, 16 * 60, 8 * 60, 4 * 60, 90, 45] as const;

/** A counter, by steps of five minutes, that grows by so much at each of some times. */
export function bursts(...past: readonly (readonly [minutesAgo: number, by: number])[]): string {
  let value = 0;
  let from = 0;
  const phases = past.map(([ago, by]) => {
    const begins = (burstsEnd - ago) / 5;
    const phase = gauge([value, begins - from]);
    from = begins;
    value += by;
    return phase;
  });
  return [...phases, gauge([value, burstsEnd / 5 - from + 1])].join(' ');
}
