import { type CheerEvent, type CheerMeterOptions, type CheerState, type ServiceView } from '../types';
import { budgetsOf } from './budgets';
import { scoreFigure } from './figures';
import { type FoundService, type SeriesByRole } from './find-services';
import { historyOf } from './history';
import { cheerEvents, countOf, missEvents } from './misses';
import { mostEventsOfService, newestEvents } from './newest-events';
import { reasonsOf } from './reasons';
import { type Scale } from './score-scale';
import { type Series } from './series';
import { type Presence, presenceOf } from './staleness';
import { stateEvents } from './state-events';
import { type Change, timelineOf, type Toggle } from './timeline';
import { addToggles, tellingRoles } from './told-states';

export interface ViewContext {
  readonly options: CheerMeterOptions;
  readonly scaleOf: (series: Series) => Scale;
  /** Epoch ms of the panel's time range. */
  readonly from: number;
  readonly to: number;
}

/** Judges one service. `others` are events of it that its own series don't tell. */
export function viewService(
  { key, name, group, series }: FoundService,
  others: readonly CheerEvent[],
  context: ViewContext
): ServiceView {
  const { options, scaleOf, from, to } = context;
  const told = tellState(series, context);
  const isStale = told.state === 'stale';
  const budgets = budgetsOf(series, { sloLabel: options.sloLabel, scaleOf, to, isStale });
  const conditions = series.condition ?? [];
  const newest = told.changes.at(-1);
  // What was said before it ended in a gap is no begin of what is said now, and one point has lasted for no time yet.
  const isSince = newest?.state === told.state && (isStale || newest.time !== told.lastSeen);
  const since = isSince ? newest.time : undefined;
  const isByScore = told.telling[0]?.role === 'score';
  const reasons = reasonsOf({ state: told.state, conditions, budgets, since, isByScore, to });
  const scored = series.score && presenceOf(series.score, to);
  // A service that is warming or disabled gives none: the last one before that is not how it is now.
  const score = scored && (!scored.stale || isStale) ? scoreFigure(scored.present, scaleOf) : undefined;
  const history = series.score && historyOf(series.score, scaleOf, from, to);
  const cheers = countOf(series.cheers);
  const misses = countOf(series.misses);
  const events = [...others];
  if (options.eventsRefId === '') {
    const [teller] = told.telling;
    events.push(...(teller ? stateEvents(told.changes, teller, key, name) : []));
    events.push(...missEvents(misses, key, name), ...cheerEvents(cheers, misses, key, name));
  }
  return {
    key,
    name,
    group,
    state: told.state,
    lastState: told.lastState,
    since,
    lastSeen: told.lastSeen,
    score,
    reasons,
    budgets,
    events: newestEvents(events, mostEventsOfService),
    history,
    cheers: cheers.total,
    misses: misses.total,
  };
}

interface ToldState {
  readonly state: CheerState;
  readonly lastState: CheerState | undefined;
  readonly lastSeen: number | undefined;
  readonly changes: readonly Change[];
  /** The series that say it; empty when none does. */
  readonly telling: readonly Series[];
}

function tellState(series: SeriesByRole, { scaleOf, to }: ViewContext): ToldState {
  const role = tellingRoles.find((candidate) => series[candidate] !== undefined);
  const telling = role === undefined ? [] : (series[role] ?? []);
  const { present, stale, lastSeen }: Presence = presenceOf(
    telling.length > 0 ? telling : Object.values(series).flat(),
    to
  );
  const toggles: Toggle[] = [];
  const speaking = new Set(present);
  for (const one of telling) {
    addToggles(one, !speaking.has(one), scaleOf, toggles);
  }
  const { state, changes } = timelineOf(toggles);
  if (!stale) {
    return { state, lastState: undefined, lastSeen, changes, telling };
  }
  const ended: Change[] = lastSeen === undefined ? [] : [{ time: lastSeen, state: 'stale', was: state }];
  return { state: 'stale', lastState: state, lastSeen, changes: [...changes, ...ended], telling };
}
