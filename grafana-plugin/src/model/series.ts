import { type DataFrame, type Field, type Labels } from '@grafana/data';
import { type Role } from '../types';

/** The points of one series in the order of time, wherever in a frame they stand. */
export interface Series {
  readonly role: Role;
  /** The metric's or the field's name. */
  readonly metric: string;
  readonly labels: Labels;
  readonly frame: DataFrame;
  readonly field: Field;
  /** Epoch ms; undefined when the frame has no time. */
  readonly times: ArrayLike<number> | undefined;
  readonly values: ArrayLike<unknown>;
  /** The frame's row of each point; undefined when they are the same. */
  readonly rows: readonly number[] | undefined;
  /** Ms between two points, as the data source says; 0 when it doesn't. */
  readonly interval: number;
  /** Index of the newest point that isn't null; NaN is a point. */
  readonly last: number;
  /** Epoch ms of it; NaN when the frame has no time. */
  readonly lastTime: number;
}

/** What the frames are taken apart into. */
export interface Found {
  readonly series: Series[];
  /** Those whose rows are events. */
  readonly eventFrames: DataFrame[];
  /** Names of what plays no role, for the hint. */
  readonly strangers: Set<string>;
  /** Whether anything but events has a row. */
  hasRows: boolean;
  /** Whether all of it hangs on names and labels alone: no table has been read, and no series was without a point. */
  isFixed: boolean;
}

export type Points = Pick<Series, 'times' | 'values' | 'rows'>;

/** Undefined when it has no point. */
export function makeSeries(
  role: Role,
  metric: string,
  labels: Labels,
  frame: DataFrame,
  field: Field,
  timeField: Field | undefined,
  { times, values, rows }: Points
): Series | undefined {
  let last = values.length - 1;
  while (last >= 0 && values[last] == null) {
    last--;
  }
  return last < 0
    ? undefined
    : new FieldSeries(role, metric, labels, frame, field, timeField, times, values, rows, last);
}

class FieldSeries implements Series {
  readonly lastTime: number;

  constructor(
    readonly role: Role,
    readonly metric: string,
    readonly labels: Labels,
    readonly frame: DataFrame,
    readonly field: Field,
    private readonly timeField: Field | undefined,
    readonly times: Series['times'],
    readonly values: Series['values'],
    readonly rows: Series['rows'],
    readonly last: number
  ) {
    this.lastTime = times ? Number(times[last]) : NaN;
  }

  /** Few ask for it, and to look into thousands of configurations takes its time. */
  get interval(): number {
    return this.timeField?.config?.interval ?? this.field.config?.interval ?? 0;
  }
}

/** NaN for what is no number. */
export function numberAt({ values }: Pick<Series, 'values'>, index: number): number {
  const value = values[index];
  return typeof value === 'number' ? value : asNumber(value);
}

function asNumber(value: unknown): number {
  if (typeof value === 'boolean' || typeof value === 'bigint') {
    return Number(value);
  }
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}

export function sourceOf({ frame, field, rows }: Series, index: number) {
  return { frame, field, rowIndex: rows?.[index] ?? index };
}

/** All points of a field; turned when the newest come first, as in many tables, and without those that have no time. */
export function pointsOf(field: Field, timeField: Field | undefined): Points {
  const times: ArrayLike<number> | undefined = timeField?.values;
  const values: ArrayLike<unknown> = field.values;
  // Looking at every time of thousands of series would take longer than all else.
  const end = Math.min(times?.length ?? 0, values.length) - 1;
  if (times === undefined || (times[0] <= times[end] && Number.isFinite(times[0]) && Number.isFinite(times[end]))) {
    return { times, values, rows: undefined };
  }
  return pickPoints(
    field,
    timeField,
    Array.from({ length: values.length }, (_, row) => row)
  );
}

/** The points of these rows, in the order of time. */
export function pickPoints(field: Field, timeField: Field | undefined, rows: readonly number[]): Points {
  const times = timeField?.values;
  const timed = times && rows.filter((row) => Number.isFinite(times[row]));
  const ordered = times && timed ? timed.sort((a, b) => times[a] - times[b]) : rows;
  return {
    times: times && ordered.map((row) => times[row]),
    values: ordered.map((row) => field.values[row]),
    rows: ordered,
  };
}
