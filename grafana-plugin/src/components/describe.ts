import { type Budget, type CheerState, type Figure, type ServiceView, statesWorstFirst } from '../types';
import { stateWord } from '../model/states';
import { figureText, formatCount, formatDuration, trendWord } from './looks';

/** What a state means, for those who don't know the word: shown under it when nothing else explains it. */
export function stateNote(service: ServiceView, now: number): string {
  switch (service.state) {
    case 'stale':
      return service.lastSeen === undefined
        ? 'No new data'
        : `No new data for ${formatDuration(now - service.lastSeen)}`;
    case 'unknown':
      return 'The data say nothing of its state';
    case 'warming':
      return 'Too few events to judge';
    case 'disabled':
      return 'Health is switched off';
    case 'green':
    case 'yellow':
    case 'red':
      return service.since === undefined ? '' : `for ${formatDuration(now - service.since)}`;
  }
}

/** "14,340 cheers, 3 misses" in the time range; empty when nothing counts them. */
export function countsText({ cheers, misses }: ServiceView): string {
  if (cheers === undefined) {
    return '';
  }
  const missed = misses ? `, ${formatCount(misses)} ${misses === 1 ? 'miss' : 'misses'}` : '';
  return `${formatCount(cheers)} ${cheers === 1 ? 'cheer' : 'cheers'}${missed}`;
}

/** "25% left, burning faster". */
export function budgetText({ remaining, trend }: Budget): string {
  const left = remaining ? `${figureText(remaining)} left` : 'no data';
  return [left, trendWord(trend)].filter(Boolean).join(', ');
}

/** The attributes of what shows a service's score. */
export function scoreMeter(name: string, state: CheerState, score: Figure) {
  return {
    role: 'meter',
    'aria-label': `Score of ${name}`,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': score.value,
    'aria-valuetext': `${figureText(score)}, ${stateWord(state)}`,
  } as const;
}

/** Whether someone should look at it: it is not well, or nobody knows. */
export function needsAttention(state: CheerState): boolean {
  return state === 'red' || state === 'yellow' || state === 'stale' || state === 'unknown';
}

/** For screen readers: "checkout: Red, score 32, A breaker is open". */
export function describeService(service: ServiceView): string {
  const { score } = service;
  return score ? describe(service, [`score ${figureText(score)}`]) : describe(service, []);
}

/** Without the score, so that it stays the same as long as nothing of note changes. */
export function describeVerdict(service: ServiceView): string {
  return describe(service, []);
}

function describe({ name, state, reasons }: ServiceView, facts: readonly string[]): string {
  return `${name}: ${[stateWord(state), ...facts, ...reasons.map(({ text }) => text)].join(', ')}`;
}

/** The first of those that are in the worst state; undefined of none. */
export function worstService(services: readonly ServiceView[]): ServiceView | undefined {
  const [worst] = countStates(services);
  return worst && services.find(({ state }) => state === worst.state);
}

/** How many services are in each state, worst first; states without any are left out. */
export function countStates(
  services: readonly ServiceView[]
): ReadonlyArray<{ readonly state: CheerState; readonly count: number }> {
  const counts = new Map<CheerState, number>();
  for (const { state } of services) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return statesWorstFirst.flatMap((state) => {
    const count = counts.get(state) ?? 0;
    return count === 0 ? [] : [{ state, count }];
  });
}

/** Changes that are spoken one by one; of more only the number is said. */
const spokenChanges = 3;

/**
 * What changed from one update to the next; empty when no service changed its state. A service that has come or gone is
 * not a change: another variable may have been chosen.
 */
export function describeChanges(before: readonly ServiceView[], after: readonly ServiceView[]): string {
  const states = new Map(before.map(({ key, state }) => [key, state]));
  const changed = after.filter(({ key, state }) => (states.get(key) ?? state) !== state);
  const sentences = changed.slice(0, spokenChanges).map((service) => {
    const was = states.get(service.key) ?? 'unknown';
    const reason = service.reasons[0]?.text;
    return `${service.name}: ${stateWord(service.state)}, was ${stateWord(was)}.${reason ? ` ${reason}.` : ''}`;
  });
  const more = changed.length - sentences.length;
  if (more > 0) {
    sentences.push(`${more} more changed.`);
  }
  return sentences.join(' ');
}
