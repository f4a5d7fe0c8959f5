import fc from 'fast-check';
import { StoreError } from '../errors';
import { decodeFrozen, encodeFrozen, isIntactFrozen } from './frozen';

describe('a frozen row', () => {
  it('gives back every text that has a UTF-8 form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const row = encodeFrozen(text);
        expect(isIntactFrozen(row)).toBe(true);
        expect(decodeFrozen(1, 2, row)).toBe(text);
      }),
    );
  });

  it('is told from one with any byte changed or cut off', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.integer({ min: 1, max: 255 }), (text, where, flip) => {
        const row = encodeFrozen(text);
        const damaged = Buffer.from(row);
        damaged[where % row.length]! ^= flip;
        expect(() => decodeFrozen(1, 2, damaged)).toThrow(StoreError);
        expect(isIntactFrozen(row.subarray(0, where % row.length))).toBe(false);
      }),
    );
  });
});
