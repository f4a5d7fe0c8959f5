import {
  type Budget,
  type CheerEvent,
  type CheerMeterOptions,
  type CheerState,
  type Figure,
  type History,
  type Reason,
  type ServiceView,
} from '../types';
import { budgetsOf } from './budgets';
import { scoreFigure } from './figures';
import { type FoundService } from './find-services';
import { historyOf } from './history';
import { cheerEvents, type Counted, countOf, missEvents } from './misses';
import { mostEventsOfService, newestEvents } from './newest-events';
import { reasonsOf } from './reasons';
import { type Scale } from './score-scale';
import { type Series } from './series';
import { type Presence, presenceOf } from './staleness';
import { stateEvents } from './state-events';
import { rankOf, worstOf } from './states';
import { type Change, changesOf, type Toggle } from './timeline';
import { addToggles, stateSaid, tellingRoles } from './told-states';

export interface ViewContext {
  readonly options: CheerMeterOptions;
  readonly scaleOf: (series: Series) => Scale;
  /** Epoch ms of the panel's time range. */
  readonly from: number;
  readonly to: number;
}

/**
 * Judges one service by its newest points. What hangs on all of its points is worked out when it is first looked at: of
 * hundreds of services few show it.
 */
export class JudgedService implements ServiceView {
  readonly key: string;
  readonly name: string;
  readonly group: string | undefined;
  readonly state: CheerState;
  readonly lastState: CheerState | undefined;
  readonly lastSeen: number | undefined;
  readonly score: Figure | undefined;
  /** The series that say the state; empty when none does. */
  private readonly telling: readonly Series[];
  private readonly presence: Presence;
  private keptChanges: readonly Change[] | undefined;
  private keptBudgets: readonly Budget[] | undefined;
  private keptReasons: readonly Reason[] | undefined;
  private keptEvents: readonly CheerEvent[] | undefined;
  private keptHistory: { readonly value: History | undefined } | undefined;
  private keptCounts: { readonly cheers: Counted; readonly misses: Counted } | undefined;

  /** `others` are events of it that its own series don't tell. */
  constructor(
    private readonly found: FoundService,
    private readonly others: readonly CheerEvent[],
    private readonly context: ViewContext
  ) {
    const { key, name, group, series } = found;
    const { scaleOf, to } = context;
    const role = tellingRoles.find((candidate) => series.of(candidate) !== undefined);
    this.key = key;
    this.name = name;
    this.group = group;
    this.telling = (role && series.of(role)) ?? [];
    this.presence = presenceOf(this.telling.length > 0 ? this.telling : series.all(), to);
    const { present, stale, lastSeen } = this.presence;
    const said = this.telling.length > 0 ? worstSaid(present, scaleOf) : 'unknown';
    this.state = stale ? 'stale' : said;
    this.lastState = stale ? said : undefined;
    this.lastSeen = lastSeen;
    const scores = series.of('score');
    const scored = scores && presenceOf(scores, to);
    // A service that is warming or disabled gives none: the last one before that is not how it is now.
    this.score = scored && (!scored.stale || stale) ? scoreFigure(scored.present, scaleOf) : undefined;
  }

  /** Oldest first. */
  private get changes(): readonly Change[] {
    return (this.keptChanges ??= this.findChanges());
  }

  get since(): number | undefined {
    const newest = this.changes.at(-1);
    // What was said before it ended in a gap is no begin of what is said now, and one point has lasted for no time yet.
    const isSince = newest?.state === this.state && (this.presence.stale || newest.time !== this.lastSeen);
    return isSince ? newest.time : undefined;
  }

  get budgets(): readonly Budget[] {
    const { options, scaleOf, to } = this.context;
    const { stale: isStale } = this.presence;
    return (this.keptBudgets ??= budgetsOf(this.found.series, { sloLabel: options.sloLabel, scaleOf, to, isStale }));
  }

  get reasons(): readonly Reason[] {
    return (this.keptReasons ??= reasonsOf(this, {
      series: this.found.series,
      isByScore: this.telling[0]?.role === 'score',
      to: this.context.to,
    }));
  }

  get history(): History | undefined {
    return (this.keptHistory ??= { value: this.findHistory() }).value;
  }

  get cheers(): number | undefined {
    return this.counted.cheers.total;
  }

  get misses(): number | undefined {
    return this.counted.misses.total;
  }

  get events(): readonly CheerEvent[] {
    return (this.keptEvents ??= newestEvents([...this.others, ...this.ownEvents()], mostEventsOfService));
  }

  private get counted() {
    const { series } = this.found;
    return (this.keptCounts ??= { cheers: countOf(series.of('cheers')), misses: countOf(series.of('misses')) });
  }

  private findChanges(): Change[] {
    const { present, stale, lastSeen } = this.presence;
    const toggles: Toggle[] = [];
    const speaking = new Set(present);
    for (const one of this.telling) {
      addToggles(one, !speaking.has(one), this.context.scaleOf, toggles);
    }
    const changes = changesOf(toggles);
    if (stale && lastSeen !== undefined) {
      changes.push({ time: lastSeen, state: 'stale', was: this.lastState ?? 'unknown' });
    }
    return changes;
  }

  private findHistory(): History | undefined {
    const scores = this.found.series.of('score');
    const { scaleOf, from, to } = this.context;
    return scores && historyOf(scores, scaleOf, from, to);
  }

  private ownEvents(): CheerEvent[] {
    if (this.context.options.eventsRefId !== '') {
      return [];
    }
    const { key, name, telling, counted } = this;
    const [teller] = telling;
    return [
      ...(teller ? stateEvents(this.changes, teller, key, name) : []),
      ...missEvents(counted.misses, key, name),
      ...cheerEvents(counted.cheers, counted.misses, key, name),
    ];
  }
}

/** What these series say at their newest points; where they say different things, the worst. */
function worstSaid(present: readonly Series[], scaleOf: (series: Series) => Scale): CheerState {
  let said = 0;
  for (const series of present) {
    const state = stateSaid(series, scaleOf);
    said |= state === undefined ? 0 : 1 << rankOf(state);
  }
  return worstOf((state) => (said & (1 << rankOf(state))) !== 0) ?? 'unknown';
}
