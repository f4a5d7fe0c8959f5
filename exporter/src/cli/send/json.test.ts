import fc from 'fast-check';
import { jsonRows } from './json';

const texts = (document: string, select?: string): string[] =>
  jsonRows(document, select).map(({ text }) => text);

test('keeps the text of each item', () => {
  expect(texts('[{"a":1.0},\n {"b":12345678901234567890, "c":"x,]}\\"\\\\"}, 5 ,null]')).toEqual([
    '{"a":1.0}',
    '{"b":12345678901234567890, "c":"x,]}\\"\\\\"}',
    '5',
    'null',
  ]);
});

test('any list, however it is written, comes apart into its items, one a line', () => {
  const spaces = fc.constantFrom(undefined, 0, 1, 4, '\t');
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), spaces, fc.boolean(), (items, space, inside) => {
      const document = JSON.stringify(inside ? { meta: [{}], data: { items } } : items, null, space);
      const rows = jsonRows(document, inside ? 'data.items' : undefined);
      expect(rows.map(({ text }) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(items)));
      expect(rows.every(({ text }) => !/[\r\n]/.test(text))).toBe(true);
      expect(rows.map(({ ordinal }) => ordinal)).toEqual(items.map((_, index) => index + 1));
    }),
  );
});

test('says on which line an item begins', () => {
  expect(jsonRows('[\n1,\n\n  {\n"a":2},3]', undefined).map(({ line }) => line)).toEqual([2, 4, 5]);
});

test('an object is one row; a byte order mark is dropped', () => {
  expect(texts('\uFEFF{"a":\n 1}')).toEqual(['{"a":1}']);
  expect(texts('{"a":{"b":{"c":1}}}', 'a.b')).toEqual(['{"c":1}']);
});

test('of members with the same name the last counts, as for JSON.parse', () => {
  expect(texts('{"a":[1],"a":[2]}', 'a')).toEqual(['2']);
});

test.each([
  ['{"a":1', undefined, 'This is not a JSON document'],
  ['{"a":1}\n{"a":2}', undefined, 'add --format ndjson'],
  ['5', undefined, 'neither a list nor an object'],
  ['{"type":1,"features":[]}', 'feature', 'there is no member feature, only type, features'],
  ['[1]', 'a', 'there is no member a.'],
  ['{"a":"text"}', 'a', 'a is neither a list nor an object'],
])('%s with --select %s fails', (document, select, message) => {
  expect(() => jsonRows(document, select)).toThrow(message);
});

test('a long document on one line takes linear time', () => {
  const rows = jsonRows(`[${'{"a":1},'.repeat(400_000)}null]`, undefined);
  expect(rows).toHaveLength(400_001);
}, 10_000);
