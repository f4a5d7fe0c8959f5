import { type DataFrame } from '@grafana/data';
import { type CheerEvent, type CheerMeterOptions, type CheerModel, type Problem } from '../types';
import { eventRows } from './event-rows';
import { eventSeries } from './event-series';
import { findServices } from './find-services';
import { mostEvents, newestEvents } from './newest-events';
import { readFrames } from './read-frames';
import { RoleMatcher } from './roles';
import { scalesOf } from './score-scale';
import { ownerNamer } from './service-labels';
import { viewService } from './service-view';
import { sortServices } from './sort-services';

export interface ModelInput {
  readonly series: DataFrame[];
  readonly annotations: DataFrame[];
  readonly options: CheerMeterOptions;
  /** Epoch ms of the time range that the data were asked for. */
  readonly from: number;
  readonly to: number;
}

/** Names of strangers in a hint. */
const mostNames = 3;

/** All that the panel says, from what its queries gave. Whatever they gave, it says something. */
export function buildModel({ series: frames, annotations, options, from, to }: ModelInput): CheerModel {
  const matcher = new RoleMatcher(options.mappings);
  const { series, eventFrames, strangers, hasRows } = readFrames(frames, matcher, options.eventsRefId);
  const problems: Problem[] = [...matcher.problems];
  const scaleOf = scalesOf(series, problems);
  const found = findServices(series, options);
  const ownerOf = ownerNamer(options.serviceLabel, new Set(found.map(({ name }) => name)));
  const others = [...annotations, ...eventFrames].flatMap((frame) => eventRows(frame, ownerOf));
  others.push(...eventSeries(eventFrames, ownerOf, from));
  const owned = byService(others);
  const context = { options, scaleOf, from, to };
  const services = sortServices(
    found.map((service) => viewService(service, owned.get(service.name) ?? [], context)),
    options.sortBy
  );
  if (services.length === 0 && hasRows) {
    problems.unshift(unusable(strangers));
  }
  return {
    status: services.length > 0 ? 'ok' : hasRows && strangers.size > 0 ? 'unusable' : 'empty',
    services,
    events: newestEvents([...others, ...services.flatMap(({ events }) => events)], mostEvents),
    problems,
  };
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
