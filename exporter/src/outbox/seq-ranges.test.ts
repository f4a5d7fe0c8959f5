import fc from 'fast-check';
import { SeqRanges } from './seq-ranges';

const numbers = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 })
  .map((list) => list.sort((a, b) => a - b));

function of(list: readonly number[]): SeqRanges {
  const ranges = new SeqRanges();
  for (const seq of list) ranges.add(seq);
  return ranges;
}

it('knows every number by its rank, and counts them', () => {
  fc.assert(
    fc.property(numbers, (list) => {
      const ranges = of(list);
      expect([ranges.count, ranges.first, ranges.last]).toEqual([list.length, list[0], list.at(-1)]);
      for (let seq = 0; seq <= 61; seq++) {
        const at = list.indexOf(seq);
        expect(ranges.rank(seq)).toBe(at < 0 ? undefined : at + 1);
      }
    }),
  );
});

it('names as gaps exactly what is missing', () => {
  fc.assert(
    fc.property(numbers, fc.nat(60), fc.nat(60), (list, from, through) => {
      const missing = of(list)
        .gaps(from, through)
        .flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
      const all = Array.from({ length: Math.max(0, through - from + 1) }, (_, i) => from + i);
      expect(missing).toEqual(all.filter((seq) => !list.includes(seq)));
    }),
  );
});

it('takes growing numbers only', () => {
  expect(() => of([3, 3])).toThrow(RangeError);
});
