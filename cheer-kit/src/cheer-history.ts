import type { CheerEngine } from './cheer-engine';
import type { BatchMissed, StateEvent } from './engine-events';
import type { RecentEvents } from './recent-events';
import type { CheerState, MissReason } from './verdict';

const missEveryMs = 10_000;

const titles: Record<CheerState, string> = {
  warming: 'Warming up',
  green: 'All is well',
  yellow: 'Degraded',
  red: 'In trouble',
  disabled: 'Switched off',
};

/**
 * Tells the ring of recent events what the engine sees: every change of state, and misses. Of one reason only the
 * first miss in ten seconds becomes an event, with the number that came since the one before: a broken sink must
 * not push everything else out of the ring. Returns the unsubscribe.
 */
export function recordHistory(engine: CheerEngine, events: Pick<RecentEvents, 'add'>): () => void {
  const misses = new Map<MissReason, { at: number; silent: number }>();

  const miss = ({ at, reason, traffic, detail }: BatchMissed): void => {
    const last = misses.get(reason);
    if (last && at - last.at < missEveryMs && at >= last.at) {
      last.silent += 1;
      return;
    }
    misses.set(reason, { at, silent: 0 });
    const notes = [
      traffic === 'synthetic' && 'heartbeat',
      last && last.silent > 0 && `${last.silent} more before`,
    ];
    const note = notes.filter(Boolean).join(', ');
    events.add({
      kind: 'miss',
      reason,
      title: `Missed: ${reason}`,
      detail: note ? `${detail} (${note})` : detail,
    });
  };

  return engine.subscribe((event) => {
    if (event.type === 'miss') miss(event);
    if (event.type === 'state') {
      events.add({ kind: 'state', state: event.to, title: titles[event.to], detail: stateDetail(event) });
    }
  });
}

function stateDetail({ from, to, verdict, flag, recoverySeconds }: StateEvent): string {
  if (flag !== undefined) return `flag ${flag} is off; was ${from}`;
  const reasons = verdict.reasons.map(({ detail }) => detail).join('; ');
  if (reasons) return `${reasons}; was ${from}`;
  if (recoverySeconds !== undefined) return `back after ${Math.round(recoverySeconds)} s; was ${from}`;
  return to === 'warming' ? `no evidence yet; was ${from}` : `was ${from}`;
}
