import { type DataFrame } from '@grafana/data';
import { type Role, roles } from '../types';
import { makeSeries, pointsOf, type Series } from './series';

export type ByRole<T> = Partial<Record<Role, T[]>>;

/** Where a series is found in the frames of every update that has the same structure. */
export interface Place extends Pick<Series, 'metric' | 'labels'> {
  /** Indexes; `time` is -1 without a time. */
  readonly frame: number;
  readonly field: number;
  readonly time: number;
}

/** The series of one service. Those that are known by their places are read when they are first asked for. */
export class ServiceSeries {
  constructor(
    private readonly lists: ByRole<Series>,
    private readonly places: ByRole<Place> = {},
    private readonly frames: readonly DataFrame[] = []
  ) {}

  /** Undefined when it has none with a point. */
  of(role: Role): readonly Series[] | undefined {
    const list = this.lists[role] ?? (this.lists[role] = this.read(role));
    return list.length > 0 ? list : undefined;
  }

  all(): readonly Series[] {
    return roles.flatMap((role) => this.of(role) ?? []);
  }

  private read(role: Role): Series[] {
    const list: Series[] = [];
    for (const { frame: at, field: column, time, metric, labels } of this.places[role] ?? []) {
      const frame = this.frames[at];
      const [field, timeField] = [frame.fields[column], frame.fields[time]];
      const series = makeSeries(role, metric, labels, frame, field, timeField, pointsOf(field, timeField));
      if (series) {
        list.push(series);
      }
    }
    return list;
  }
}
