import { FieldType, toDataFrame } from '@grafana/data';
import { labelChoices, nameChoices, queryChoices } from './choices';

const prometheus = toDataFrame({
  refId: 'B',
  name: 'cheer_score{service="orders"}',
  fields: [
    { name: 'Time', type: FieldType.time, values: [1] },
    {
      name: 'Value',
      type: FieldType.number,
      labels: { __name__: 'cheer_score', service: 'orders', le: '1' },
      values: [90],
    },
  ],
});
const table = toDataFrame({
  refId: 'A',
  fields: [
    { name: 'when', type: FieldType.time, values: [1] },
    { name: 'apdex', type: FieldType.number, labels: { app: 'shop', service: 'cart' }, values: [0.9] },
  ],
});
const bare = toDataFrame({ fields: [] });
const none = { value: '', label: 'None' };

describe('choices from the data of the panel', () => {
  it('has the labels that can name a service, sorted, behind none of them', () => {
    expect(labelChoices([prometheus, table, bare], none).map(({ value }) => value)).toEqual(['', 'app', 'service']);
  });

  it('has columns of words too: a table has its labels there', () => {
    const words = toDataFrame({ fields: [{ name: 'team', type: FieldType.string, values: ['a'] }] });
    expect(labelChoices([words], none).map(({ value }) => value)).toEqual(['', 'team']);
  });

  it('has the queries, sorted, behind none of them', () => {
    expect(queryChoices([prometheus, table, bare], none).map(({ value }) => value)).toEqual(['', 'A', 'B']);
  });

  it('has the metrics, or the fields where there is no metric', () => {
    expect(nameChoices([prometheus, table, bare])).toEqual(['apdex', 'cheer_score']);
  });

  it('names an unlabelled value of Prometheus by its frame', () => {
    const frame = toDataFrame({ name: 'speed', fields: [{ name: 'Value', type: FieldType.number, values: [1] }] });
    expect(nameChoices([frame])).toEqual(['speed']);
  });
});
