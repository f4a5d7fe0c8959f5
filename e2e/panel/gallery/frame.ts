/** One frame as the panel host's fixture data source takes it. */
export interface FixtureFrame {
  readonly refId: string;
  readonly name?: string;
  readonly meta?: { readonly type: string };
  readonly fields: readonly FixtureField[];
}

interface FixtureField {
  readonly name: string;
  readonly type: 'time' | 'number' | 'string';
  readonly labels?: Labels;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly values: readonly (number | string | null)[];
}

export type Labels = Readonly<Record<string, string>>;

export interface Series {
  /** With `__name__`. */
  readonly labels: Labels;
  /** Epoch ms. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** Ms between two points. */
  readonly step: number;
  readonly refId?: string;
}

/** A series as the Prometheus data source makes it of a range query: a frame of its own, named by its labels. */
export function series({ labels, times, values, step, refId = 'A' }: Series): FixtureFrame {
  const { __name__: metric = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
  const name = `${metric}{${pairs.join(', ')}}`;
  return {
    refId,
    name,
    meta: { type: 'timeseries-multi' },
    fields: [
      { name: 'Time', type: 'time', config: { interval: step }, values: times },
      { name: 'Value', type: 'number', labels, config: { displayNameFromDS: name }, values },
    ],
  };
}

/** The same frame with other values in its fields of numbers. */
export function withNumbers(
  frame: FixtureFrame,
  change: (value: number, row: number) => number | null,
): FixtureFrame {
  const fields = frame.fields.map((field) => {
    if (field.type !== 'number') return field;
    const values = field.values.map((value, row) => (typeof value === 'number' ? change(value, row) : null));
    return { ...field, values };
  });
  return { ...frame, fields };
}

/** The same frame with some of its rows, as `Array.slice` takes them. */
export function withRows(frame: FixtureFrame, from: number, to?: number): FixtureFrame {
  return {
    ...frame,
    fields: frame.fields.map((field) => ({ ...field, values: field.values.slice(from, to) })),
  };
}
