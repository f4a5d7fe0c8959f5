import { type DataFrame } from '@grafana/data';
import fc from 'fast-check';
import { type CheerModel, defaultOptions } from '../types';
import { buildModel, ModelBuilder, type ModelInput } from './build-model';
import { from, prom, promStates, score, to } from './testing/frames';

const value = fc.constantFrom<unknown>(0, 1, 0.2, 60, 99, null, NaN);
// A series without any point may be the only one of its service, and the name of another may hang on that.
const points = fc.array(value, { minLength: 1, maxLength: 6 }).filter((values) => values.some((one) => one !== null));
const metrics = ['cheer_score', 'cheer_condition', 'cheer_error_budget_remaining_ratio', 'cheer_missed_total', 'other'];
const labels = fc.record({
  __name__: fc.constantFrom(...metrics, 'cheer_state', 'budget', 'event'),
  service: fc.constantFrom('a', 'b', 'c'),
  namespace: fc.constantFrom('', 'x', 'y'),
  state: fc.constantFrom('green', 'red'),
});
/** The same series with the points of two updates. */
const updates = fc.array(fc.tuple(labels, points, points), { minLength: 1, maxLength: 12 });

const input = (series: DataFrame[], more: Partial<ModelInput> = {}): ModelInput => {
  return { series, annotations: [], options: defaultOptions, structureRev: 1, from, to, ...more };
};

function told({ services, events, problems, status }: CheerModel) {
  const facts = services.map(({ key, name, state, since, score, reasons, budgets, history, cheers, misses }) => [
    ...[key, name, state, since, score?.value, score?.source.frame, reasons, history, cheers, misses],
    ...budgets.map(({ slo, remaining, trend }) => [slo, remaining?.value, trend]),
  ]);
  return { status, facts, events, problems };
}

test('what is known of the structure changes nothing of what is said', () => {
  fc.assert(
    fc.property(updates, (series) => {
      const builder = new ModelBuilder();
      builder.build(input(series.map(([names, first]) => prom(names, first))));
      const next = input(series.map(([names, , second]) => prom(names, second)));
      expect(told(builder.build(next))).toEqual(told(buildModel(next)));
    }),
    { numRuns: 300 }
  );
});

const fleet = (value: number) =>
  ['a', 'b', 'c'].flatMap((service) => [score({ service }, [90, value]), ...promStates({ service }, ['green'])]);

/** How often the labels of these are looked at. */
function looksAtLabels(frames: readonly DataFrame[], build: () => void): number {
  let looks = 0;
  for (const field of frames.flatMap(({ fields }) => fields)) {
    const { labels } = field;
    Object.defineProperty(field, 'labels', { get: () => (looks++, labels) });
  }
  build();
  return looks;
}

test('the labels of series are not looked at again while the structure is the same', () => {
  const builder = new ModelBuilder();
  const looks = [1, 1, 2, 2].map((structureRev, round) => {
    const frames = fleet(round);
    return looksAtLabels(frames, () => {
      const { services } = builder.build(input(frames, { structureRev }));
      expect(services.map(({ score }) => score?.value)).toEqual([round, round, round]);
    });
  });
  expect(looks.map((count) => count > 0)).toEqual([true, false, true, false]);
});

test('other options and another name of the query are another structure', () => {
  const builder = new ModelBuilder();
  builder.build(input(fleet(1)));
  const mapped = { ...defaultOptions, groupBy: 'service' };
  expect(builder.build(input(fleet(1), { options: mapped })).services[0].group).toBe('a');
  const renamed = fleet(1).map((frame) => ({ ...frame, refId: 'event' }));
  expect(builder.build(input(renamed)).services).toEqual([]);
});

test('series that have ended in nothing leave no service behind', () => {
  const builder = new ModelBuilder();
  builder.build(input(fleet(1)));
  const [, ...rest] = fleet(1);
  const emptied = [score({ service: 'a' }, [null]), ...rest.map((frame, index) => (index < 5 ? none(frame) : frame))];
  expect(builder.build(input(emptied)).services.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(builder.build(input(fleet(1).map(none))).status).toBe('empty');
});

function none(frame: DataFrame): DataFrame {
  return { ...frame, length: 0, fields: frame.fields.map((field) => ({ ...field, values: [] })) };
}
