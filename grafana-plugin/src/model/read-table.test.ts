import { FieldType, toDataFrame } from '@grafana/data';
import { model, only, to } from './testing/frames';

const words = (name: string, ...values: Array<string | null>) => ({ name, type: FieldType.string, values });
const numbers = (name: string, ...values: Array<number | null>) => ({ name, type: FieldType.number, values });
const times = (...values: number[]) => ({ name: 'Time', type: FieldType.time, values });

test('Prometheus as a table: the metric and its labels are columns', () => {
  const frame = toDataFrame({
    refId: 'A',
    fields: [
      times(to, to, to, to, to),
      words('__name__', 'cheer_state', 'cheer_state', 'cheer_score', 'cheer_score', 'cheer_condition'),
      words('service', 'shop', 'shop', 'shop', 'mail', 'shop'),
      words('state', 'green', 'red', null, null, null),
      words('condition', null, null, null, null, 'latency'),
      numbers('Value', 0, 1, 12, 97, 0),
    ],
  });
  const { services } = model([frame]);
  expect(services).toMatchObject([
    { name: 'shop', state: 'red', score: { value: 12 }, reasons: [{ id: 'latency' }] },
    { name: 'mail', state: 'green', score: { value: 97 } },
  ]);
  expect(services[0].score?.source).toMatchObject({ rowIndex: 2, frame });
});

test('a table with a row for each service and a column for each figure', () => {
  const frame = toDataFrame({
    fields: [
      words('service', 'shop', 'mail'),
      words('team', 'a', 'b'),
      words('state', 'red', 'ok'),
      numbers('score', 12, 97),
      numbers('budget', 0.1, null),
    ],
  });
  const { services } = model([frame], { groupBy: 'team' });
  expect(services).toMatchObject([
    { name: 'shop', group: 'a', state: 'red', score: { value: 12 }, budgets: [{ remaining: { value: 0.1 } }] },
    { name: 'mail', group: 'b', state: 'green', score: { value: 97 }, budgets: [] },
  ]);
  expect(services[0].lastSeen).toBeUndefined();
});

test('rows of many moments, the newest first', () => {
  const frame = toDataFrame({
    refId: 'score',
    fields: [
      times(to, to, to - 60_000, to - 60_000, to - 120_000, to - 120_000),
      words('app', 'a', 'b', 'a', 'b', 'a', 'b'),
      numbers('value', 90, 20, 91, 19, 30, 85),
    ],
  });
  const { services } = model([frame]);
  expect(services).toMatchObject([
    { name: 'b', state: 'red', since: to - 60_000, score: { value: 20, source: { rowIndex: 1 } } },
    { name: 'a', state: 'green', since: to - 60_000, score: { value: 90, source: { rowIndex: 0 } } },
  ]);
});

test('columns whose newest point comes first are turned', () => {
  const frame = toDataFrame({ fields: [times(to, to - 15_000, to - 30_000), numbers('score', 90, 85, 20)] });
  expect(only([frame])).toMatchObject({
    state: 'green',
    since: to - 15_000,
    score: { value: 90, source: { rowIndex: 0 } },
  });
});

test('rows without a time are left out', () => {
  const at = { ...times(), values: [null, to - 15_000, to, null] };
  const frame = toDataFrame({ fields: [at, numbers('score', 1, 85, 90, 2)] });
  expect(only([frame])).toMatchObject({ state: 'green', lastSeen: to, score: { value: 90 } });
});

test('rows whose words are no likely service are named by these words', () => {
  const frame = toDataFrame({ fields: [words('team', 'a', 'b'), numbers('score', 90, 10)] });
  expect(model([frame]).services).toMatchObject([
    { name: 'b', state: 'red' },
    { name: 'a', state: 'green' },
  ]);
});

test('columns that a transformation renamed', () => {
  const renamed = (field: object, displayName: string) => ({ ...field, config: { displayName } });
  const frame = toDataFrame({
    fields: [
      renamed(words('site', 'a', 'b'), 'service'),
      words('zone', 'x', 'y'),
      renamed(numbers('v', 90, 10), 'Score'),
    ],
  });
  expect(model([frame]).services.map(({ name }) => name)).toEqual(['b', 'a']);
});

test('words alone are strangers', () => {
  const frame = toDataFrame({ fields: [words('host', 'a'), words('version', '1')] });
  expect(model([frame]).problems[0].text).toContain('host, version');
});
