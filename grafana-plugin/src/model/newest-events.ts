import { type CheerEvent } from '../types';

export const mostEvents = 50;
export const mostEventsOfService = 20;

/**
 * So many of them, the newest first; of one moment those that are given last. One that is given twice is one, and what
 * has no time is left out.
 */
export function newestEvents(given: readonly CheerEvent[], most: number): CheerEvent[] {
  const oldest = oldestOf(given, most);
  const seen = new Set<string>();
  return given
    .filter(({ id, time }) => time >= oldest && time < Infinity && !seen.has(id) && seen.add(id))
    .reverse()
    .sort((a, b) => b.time - a.time)
    .slice(0, most);
}

/** Not newer than any of the newest: sorting thousands of objects for fifty takes longer than all else. */
function oldestOf(events: readonly CheerEvent[], most: number): number {
  // Some may be there twice.
  const enough = 4 * most;
  if (events.length <= enough) {
    return -Number.MAX_VALUE;
  }
  const times = Float64Array.from(events, ({ time }) => time).sort();
  return times[times.length - enough];
}
