import { type DataFrame, type Field, FieldType, type Labels, toDataFrame } from '@grafana/data';
import { type CheerMeterOptions, defaultOptions } from '../../types';
import { buildModel, type ModelInput } from '../build-model';

/** Ms between two points. */
export const step = 15_000;
/** Epoch ms of the range that all tests use. */
export const to = Date.UTC(2026, 10, 20, 9, 30);
export const from = to - 3_600_000;

export interface SeriesOptions {
  readonly refId?: string;
  /** Epoch ms of the newest point. */
  readonly end?: number;
  readonly interval?: number;
  readonly config?: Field['config'];
}

/** A series as the Prometheus data source gives it: a frame of its own, its last point at the end of the range. */
export function prom(labels: Labels, values: readonly unknown[], more: SeriesOptions = {}): DataFrame {
  const { refId = 'A', end = to, interval = step, config = {} } = more;
  const times = values.map((_, index) => end - (values.length - 1 - index) * interval);
  return toDataFrame({
    refId,
    name: `${labels['__name__'] ?? ''}{}`,
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config: { interval } },
      { name: 'Value', type: FieldType.number, labels, values: [...values], config },
    ],
  });
}

const states = ['green', 'yellow', 'red', 'warming', 'disabled'];

/** `cheer_state` as one series a state. */
export function promStates(labels: Labels, told: readonly string[], more?: SeriesOptions): DataFrame[] {
  return states.map((state) =>
    prom(
      { __name__: 'cheer_state', ...labels, state },
      told.map((word) => Number(word === state)),
      more
    )
  );
}

export function score(labels: Labels, values: readonly unknown[], more?: SeriesOptions): DataFrame {
  return prom({ __name__: 'cheer_score', ...labels }, values, more);
}

/** Epoch ms of the point so many steps before the end. */
export function ago(steps: number): number {
  return to - steps * step;
}

export function model(series: DataFrame[], changed: Partial<CheerMeterOptions> = {}, input: Partial<ModelInput> = {}) {
  return buildModel({ series, annotations: [], options: { ...defaultOptions, ...changed }, from, to, ...input });
}

/** The only service of these. */
export function only(series: DataFrame[], changed?: Partial<CheerMeterOptions>, input?: Partial<ModelInput>) {
  const { services } = model(series, changed, input);
  expect(services).toHaveLength(1);
  return services[0];
}

/** The same word so many times. */
export function times<T>(count: number, value: T): T[] {
  return new Array<T>(count).fill(value);
}
