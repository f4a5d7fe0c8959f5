import type { CheerEngine } from './cheer-engine';
import type { BatchMissed, EventsQuarantined, EventsRecovered, StateEvent } from './engine-events';
import type { RecentEvents } from './recent-events';
import type { CheerState, MissReason } from './verdict';

const tellEveryMs = 10_000;

const mostTopics = 1_000;

const missTitles: Record<MissReason, string> = {
  latency: 'late',
  downstream: 'a downstream failed',
  timeout: 'not settled in time',
  quarantined: 'events can not go on',
  error: 'a fault of ours',
};

const titles: Record<CheerState, string> = {
  warming: 'Warming up',
  green: 'All is well',
  yellow: 'Degraded',
  red: 'In trouble',
  disabled: 'Switched off',
};

/**
 * Tells the ring of recent events what the engine sees: every change of state, misses, and what goes to quarantine and
 * comes through after all. Of one kind and reason only the first in ten seconds becomes an event, with the number that
 * came since the one before: a broken sink must not push everything else out of the ring. Returns the unsubscribe.
 */
export function recordHistory(engine: CheerEngine, events: Pick<RecentEvents, 'add'>): () => void {
  const told = new Map<string, { at: number; silent: number }>();

  /** How many of this topic were kept silent before this one; undefined when this one is to be, too. */
  const silentBefore = (topic: string, at: number, count: number): number | undefined => {
    const last = told.get(topic);
    if (last && at - last.at < tellEveryMs && at >= last.at) {
      last.silent += count;
      return undefined;
    }
    // Steps are named by the configuration: few, but not of a closed list.
    if (told.size >= mostTopics) told.clear();
    told.set(topic, { at, silent: 0 });
    return last?.silent ?? 0;
  };
  const noted = (detail: string, silent: number, ...notes: string[]): string => {
    const all = silent > 0 ? [...notes, `${silent} more before`] : notes;
    return all.length > 0 ? `${detail} (${all.join(', ')})` : detail;
  };

  const miss = ({ at, reason, traffic, detail }: BatchMissed): void => {
    const silent = silentBefore(`miss ${reason}`, at, 1);
    if (silent === undefined) return;
    const notes = traffic === 'synthetic' ? ['heartbeat'] : [];
    events.add({
      kind: 'miss',
      phase: 'flagged',
      reason,
      title: `Flagged: ${missTitles[reason]}`,
      detail: noted(detail, silent, ...notes),
    });
  };

  const quarantined = ({ at, count, reason, step, detail }: EventsQuarantined): void => {
    const silent = silentBefore(`quarantined ${reason} ${step}`, at, count);
    if (silent === undefined) return;
    const title = `Quarantined: ${reason.replace('_', ' ')} at step ${step}`;
    const whole = `${count} event${count === 1 ? '' : 's'}: ${detail}`;
    events.add({ kind: 'quarantine', phase: 'quarantined', title, detail: noted(whole, silent) });
  };

  const recovered = ({ at, count, detail }: EventsRecovered): void => {
    const silent = silentBefore('recovered', at, count);
    if (silent === undefined) return;
    const whole = `${count} replayed event${count === 1 ? ' is' : 's are'} through: ${detail}`;
    events.add({
      kind: 'quarantine',
      phase: 'recovered',
      title: 'Recovered from quarantine',
      detail: noted(whole, silent),
    });
  };

  return engine.subscribe((event) => {
    if (event.type === 'miss') miss(event);
    if (event.type === 'quarantined') quarantined(event);
    if (event.type === 'recovered') recovered(event);
    if (event.type === 'state') {
      const recovery = event.recoverySeconds !== undefined;
      events.add({
        kind: 'state',
        state: event.to,
        title: recovery ? 'Recovered' : titles[event.to],
        detail: stateDetail(event),
        ...(recovery && { phase: 'recovered' }),
      });
    }
  });
}

function stateDetail({ from, to, verdict, flag, recoverySeconds }: StateEvent): string {
  if (flag !== undefined) return `flag ${flag} is off; was ${from}`;
  const reasons = verdict.reasons.map(({ detail }) => detail).join('; ');
  if (reasons) return `${reasons}; was ${from}`;
  if (recoverySeconds !== undefined) return `green again after ${Math.round(recoverySeconds)} s; was ${from}`;
  return to === 'warming' ? `no evidence yet; was ${from}` : `was ${from}`;
}
