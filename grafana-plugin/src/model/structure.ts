import { type DataFrame } from '@grafana/data';
import { type Role, roles } from '../types';
import { timeFieldOf } from './fields';
import { type FoundService } from './find-services';
import { type Found } from './series';
import { type ByRole, type Place, ServiceSeries } from './service-series';

type PlacedService = Omit<FoundService, 'series'> & { readonly places: ByRole<Place> };

/** A frame whose name says whether its query is still the same. */
type Landmark = Pick<DataFrame, 'name' | 'refId'> & { readonly index: number };

/**
 * What the frames of one update say of those of the next as long as their names, labels and configurations stay the
 * same, which Grafana counts by `structureRev`: to look into thousands of labels again would take longer than all else.
 */
export class Structure {
  private constructor(
    private readonly rev: number,
    private readonly length: number,
    private readonly landmarks: readonly Landmark[],
    private readonly services: readonly PlacedService[],
    private readonly eventFrames: readonly number[]
  ) {}

  /** Undefined where the words in the rows of tables or the first points of series may change what is found. */
  static of(
    rev: number | undefined,
    frames: readonly DataFrame[],
    { isFixed, eventFrames }: Pick<Found, 'isFixed' | 'eventFrames'>,
    services: readonly FoundService[]
  ): Structure | undefined {
    if (rev === undefined || !isFixed || services.length === 0) {
      return undefined;
    }
    const indexes = new Map(frames.map((frame, index) => [frame, index]));
    const indexOf = (frame: DataFrame) => indexes.get(frame) ?? -1;
    const placed = services.map(({ series, ...service }) => ({ ...service, places: placesOf(series, indexOf) }));
    return new Structure(rev, frames.length, landmarksOf(frames), placed, eventFrames.map(indexOf));
  }

  fits(rev: number | undefined, frames: readonly DataFrame[]): boolean {
    // Grafana doesn't count a query that is named otherwise.
    return (
      rev === this.rev &&
      frames.length === this.length &&
      this.landmarks.every(({ index, name, refId }) => frames[index].name === name && frames[index].refId === refId)
    );
  }

  servicesIn(frames: readonly DataFrame[]): FoundService[] {
    return this.services
      .map(({ places, ...service }) => ({ ...service, series: new ServiceSeries({}, places, frames) }))
      .filter(({ series }) => roles.some((role) => series.of(role) !== undefined));
  }

  eventFramesIn(frames: readonly DataFrame[]): DataFrame[] {
    return this.eventFrames.map((index) => frames[index]);
  }
}

function placesOf(series: ServiceSeries, indexOf: (frame: DataFrame) => number): ByRole<Place> {
  const places: Partial<Record<Role, Place[]>> = {};
  for (const { role, metric, labels, frame, field } of series.all()) {
    const timeField = timeFieldOf(frame);
    const place = {
      frame: indexOf(frame),
      field: frame.fields.indexOf(field),
      time: timeField === undefined ? -1 : frame.fields.indexOf(timeField),
      metric,
      labels,
    };
    (places[role] ??= []).push(place);
  }
  return places;
}

/** The first and the last frame of each query. */
function landmarksOf(frames: readonly DataFrame[]): Landmark[] {
  return frames.flatMap(({ name, refId }, index) => {
    const isInside = refId === frames[index - 1]?.refId && refId === frames[index + 1]?.refId;
    return isInside && index > 0 && index < frames.length - 1 ? [] : [{ name, refId, index }];
  });
}
