import fc from 'fast-check';
import { decodeResults, encodeResults } from './frozen-results';

test('frozen results come back as they were', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.option(text))), (entries) => {
      const results = new Map(entries);
      const encoded = encodeResults(results);
      expect([...decodeResults(encoded)]).toEqual([...results]);
      // Nothing in it that UTF-8 could not hold.
      expect(Buffer.from(encoded).toString()).toBe(encoded);
    }),
  );
  expect(decodeResults(undefined).size).toBe(0);
});
