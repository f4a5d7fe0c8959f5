import type { Attempt, Deliveries, Round, SideRound } from '../evidence';
import type { Share } from '../proportions';

export function attemptsOf(rounds: readonly Round[], side: 'target' | 'baseline'): readonly Attempt[] {
  return rounds.flatMap((round) => round[side]?.attempts ?? []);
}

export function acceptedOf(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.filter(({ outcome }) => outcome === 'accepted');
}

/** Events that were not acknowledged. */
export function refusedShare(attempts: readonly Attempt[]): Share {
  return { count: attempts.length - acceptedOf(attempts).length, of: attempts.length };
}

/** Acknowledged events that were not published; undefined when nobody says. */
export function unpublishedShare(attempts: readonly Attempt[], deliveries: Deliveries): Share | undefined {
  if (!deliveries) return undefined;
  const accepted = acceptedOf(attempts);
  const published = accepted.filter(({ id }) => deliveries.get(id)?.status === 'published');
  return { count: accepted.length - published.length, of: accepted.length };
}

/** Seconds until the acknowledgement, of those that were acknowledged. */
export function ackSeconds(side: SideRound | undefined): readonly number[] {
  return acceptedOf(side?.attempts ?? []).map(({ seconds }) => seconds);
}

/** Every different reason, the most frequent first, with how often it was there. */
export function reasonsOf(attempts: readonly Attempt[]): string {
  const counts = new Map<string, number>();
  for (const { outcome, why } of attempts) {
    if (outcome !== 'accepted') counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([why, count]) => `${count} x ${why}`)
    .join('; ');
}

/** 12.3 % */
export function percent(ratio: number): string {
  return `${Math.round(ratio * 1000) / 10} %`;
}

/** 12.3 ms, or 1.23 s from a second on. */
export function time(seconds: number): string {
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}
