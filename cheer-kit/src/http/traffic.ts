import type { TrafficKind } from '../verdict';

/** Member of W3C baggage that marks traffic of checks and heartbeats; see `trafficOf`. */
export const syntheticBaggage = 'selfcheer.synthetic=true';

/**
 * Synthetic when W3C `baggage` says `selfcheer.synthetic=true`; properties after a semicolon don't matter. Synthetic
 * traffic is served as any other, but counts in no SLO.
 */
export function trafficOf(baggage: string | undefined): TrafficKind {
  if (baggage === undefined || !baggage.includes('selfcheer.synthetic')) return 'real';
  for (const member of baggage.split(',')) {
    const [name, value] = (member.split(';', 1)[0] as string).split('=');
    if (name?.trim() === 'selfcheer.synthetic' && value?.trim() === 'true') return 'synthetic';
  }
  return 'real';
}
