import { type DataFrame } from '@grafana/data';
import { type CheerEvent, type CheerMeterOptions, type CheerModel, type Problem, type ServiceView } from '../types';
import { eventRows } from './event-rows';
import { eventSeries } from './event-series';
import { findServices, type FoundService } from './find-services';
import { mostEvents, newestEvents } from './newest-events';
import { readFrames } from './read-frames';
import { RoleMatcher } from './roles';
import { scalesOf } from './score-scale';
import { type Found } from './series';
import { ownerNamer } from './service-labels';
import { JudgedService, type ViewContext } from './service-view';
import { sortByName, sortServices } from './sort-services';
import { Structure } from './structure';

export interface ModelInput {
  readonly series: DataFrame[];
  readonly annotations: DataFrame[];
  readonly options: CheerMeterOptions;
  /** Another one whenever names, labels or configurations of the series are others; undefined when nobody counts. */
  readonly structureRev?: number | undefined;
  /** Epoch ms of the time range that the data were asked for. */
  readonly from: number;
  readonly to: number;
}

/** Names of strangers in a hint. */
const mostNames = 3;

/** All that the panel says, from what its queries gave. Whatever they gave, it says something. */
export function buildModel(input: ModelInput): CheerModel {
  return new ModelBuilder().build(input);
}

/** Remembers from update to update where in the data which service is. */
export class ModelBuilder {
  private known: Known | undefined;

  build(input: ModelInput): CheerModel {
    const { series: frames, options, structureRev } = input;
    const { known } = this;
    if (known?.options === options && known.structure.fits(structureRev, frames)) {
      const { structure, isSaid } = known;
      const found = structure.servicesIn(frames);
      const problems: Problem[] = [...known.problems];
      if (found.length > 0) {
        const { scaleOf } = scalesOf(found, isSaid, problems);
        return modelOf(input, { found, eventFrames: structure.eventFramesIn(frames), problems, scaleOf });
      }
    }
    const matcher = new RoleMatcher(options.mappings);
    const read = readFrames(frames, matcher, options.eventsRefId);
    const problems: Problem[] = [...matcher.problems];
    const found = sortByName(findServices(read.series, options));
    const { scaleOf, isSaid } = scalesOf(found, false, problems);
    const structure = Structure.of(structureRev, frames, read, found);
    this.known = structure && { structure, options, isSaid, problems: matcher.problems };
    return modelOf(input, { found, eventFrames: read.eventFrames, problems, scaleOf }, read);
  }
}

interface Known {
  readonly structure: Structure;
  readonly options: CheerMeterOptions;
  /** Whether names and configurations alone say all scales. */
  readonly isSaid: boolean;
  /** Of the options. */
  readonly problems: readonly Problem[];
}

interface Sorted extends Pick<ViewContext, 'scaleOf'> {
  readonly found: readonly FoundService[];
  readonly eventFrames: readonly DataFrame[];
  readonly problems: Problem[];
}

function modelOf(
  { annotations, options, from, to }: ModelInput,
  { found, eventFrames, problems, scaleOf }: Sorted,
  { hasRows, strangers }: Pick<Found, 'hasRows' | 'strangers'> = { hasRows: true, strangers: new Set() }
): CheerModel {
  const ownerOf = ownerNamer(options.serviceLabel, new Set(found.map(({ name }) => name)));
  const others = [...annotations, ...eventFrames].flatMap((frame) => eventRows(frame, ownerOf));
  others.push(...eventSeries(eventFrames, ownerOf, from));
  const owned = byService(others);
  const context = { options, scaleOf, from, to };
  const services = sortServices(
    found.map((service) => new JudgedService(service, owned.get(service.name) ?? [], context)),
    options.sortBy
  );
  if (services.length === 0 && hasRows) {
    problems.unshift(unusable(strangers));
  }
  const status = services.length > 0 ? 'ok' : hasRows && strangers.size > 0 ? 'unusable' : 'empty';
  return new BuiltModel(status, services, problems, others);
}

class BuiltModel implements CheerModel {
  private keptEvents: readonly CheerEvent[] | undefined;

  constructor(
    readonly status: CheerModel['status'],
    readonly services: readonly ServiceView[],
    readonly problems: readonly Problem[],
    /** That the services' own series don't tell. */
    private readonly others: readonly CheerEvent[]
  ) {}

  /** Gathered when they are first looked at: a grid doesn't. */
  get events(): readonly CheerEvent[] {
    return (this.keptEvents ??= newestEvents(
      [...this.others, ...this.services.flatMap(({ events }) => events)],
      mostEvents
    ));
  }
}

function byService(events: readonly CheerEvent[]): Map<string, CheerEvent[]> {
  const owned = new Map<string, CheerEvent[]>();
  for (const event of events) {
    const known = owned.get(event.service ?? '');
    if (known) {
      known.push(event);
    } else {
      owned.set(event.service ?? '', [event]);
    }
  }
  return owned;
}

function unusable(strangers: ReadonlySet<string>): Problem {
  const names = [...strangers].slice(0, mostNames).join(', ');
  const more = strangers.size > mostNames ? ` and ${strangers.size - mostNames} more` : '';
  return {
    text: `Nothing here says how a service is doing: ${names}${more}`,
    hint: 'Say in the option Roles which of them is the score, or name the query “score”',
  };
}
