/** What a Prometheus answers to the README's query, as frames of the host's fixture data source: one a series. */
export interface CheerFramesOptions {
  readonly service: string;
  /** Epoch ms of the newest point. */
  readonly to: number;
  readonly state: 'green' | 'yellow' | 'red' | 'warming' | 'disabled';
  readonly score: number;
  /** Conditions that fail now; they held before. */
  readonly failing?: readonly string[];
}

const [points, stepMs] = [20, 15_000];
const states = ['green', 'yellow', 'red', 'warming', 'disabled'];
const conditions = ['error_budget', 'latency', 'saturation', 'age', 'breakers'];

/** Green until the last five points, then as told. */
export function cheerFrames({ service, to, state, score, failing = [] }: CheerFramesOptions): object[] {
  const times = Array.from({ length: points }, (_, index) => to - (points - 1 - index) * stepMs);
  const series = (labels: Record<string, string>, before: number, now: number): object => ({
    meta: { type: 'timeseries-multi' },
    fields: [
      { name: 'Time', type: 'time', config: { interval: stepMs }, values: times },
      {
        name: 'Value',
        type: 'number',
        labels: { ...labels, service },
        values: times.map((_, index) => (index < points - 5 ? before : now)),
      },
    ],
  });
  return [
    series({ __name__: 'cheer_score' }, 98, score),
    ...states.map((one) =>
      series({ __name__: 'cheer_state', state: one }, Number(one === 'green'), Number(one === state)),
    ),
    ...conditions.map((condition) =>
      series({ __name__: 'cheer_condition', condition }, 1, Number(!failing.includes(condition))),
    ),
    series({ __name__: 'cheer_error_budget_remaining_ratio', slo: 'delivery' }, 0.9, 0.6),
    series({ __name__: 'cheer_cheers_total', traffic: 'real' }, 10, 15),
    series({ __name__: 'cheer_missed_total', reason: 'timeout', traffic: 'real' }, 0, 3),
  ];
}
