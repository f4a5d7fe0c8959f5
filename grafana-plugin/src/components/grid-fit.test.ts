import fc from 'fast-check';
import { fitGrid, tileGap, tilePlace, tilesInSight } from './grid-fit';

const sizes = fc.record({ width: fc.integer({ min: 1, max: 2000 }), height: fc.integer({ min: 1, max: 2000 }) });
const counts = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 2 });

describe('fitGrid', () => {
  it('keeps all tiles within the given size unless they scroll', () => {
    fc.assert(
      fc.property(counts, sizes, (all, { width, height }) => {
        const fit = fitGrid(all, [['full'], ['medium'], ['line'], ['dot']], width, height);
        fit.blocks.forEach((block, b) => {
          const { start, top } = tilePlace(block, (all[b] ?? 0) - 1);
          expect(block.rows * block.columns).toBeGreaterThanOrEqual(all[b] ?? 0);
          expect(start + block.tileWidth).toBeLessThanOrEqual(width + 0.001);
          expect(top + block.tileHeight).toBeLessThanOrEqual((fit.scrolls ? fit.height : height) + 0.001);
        });
      })
    );
  });

  it('never lets blocks overlap', () => {
    fc.assert(
      fc.property(counts, sizes, (all, { width, height }) => {
        const { blocks } = fitGrid(all, [['line', 'dot']], width, height);
        const [first, second] = blocks;
        if (first && second) {
          expect(second.top).toBeGreaterThanOrEqual(first.rows * (first.tileHeight + tileGap));
        }
      })
    );
  });

  it('takes the first details that fit', () => {
    const candidates = [['full'], ['medium'], ['line'], ['dot']] as const;
    const detail = (count: number) => fitGrid([count], candidates, 800, 600).blocks[0]?.detail;
    expect([1, 12, 50, 100, 500].map(detail)).toEqual(['full', 'full', 'medium', 'line', 'dot']);
  });

  it('scrolls tiles of the last details when nothing fits', () => {
    const fit = fitGrid([1000], [['dot'], ['line']], 200, 100);
    expect(fit).toMatchObject({ scrolls: true, blocks: [{ detail: 'line' }] });
    expect(fit.height).toBeGreaterThan(100);
  });

  it('makes few tiles no wider than they look well', () => {
    expect(fitGrid([4], [['full']], 800, 600).blocks[0]).toMatchObject({ columns: 2, rows: 2 });
  });

  it('needs a candidate', () => {
    expect(() => fitGrid([1], [], 100, 100)).toThrow(RangeError);
  });
});

describe('tilesInSight', () => {
  const fit = fitGrid([1000], [['line']], 300, 100);
  const [block] = fit.blocks;

  it('draws all that can be seen and little more, wherever it is scrolled', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Math.ceil(fit.height) - 100 }), (scrollTop) => {
        if (!block) {
          throw new Error('no block');
        }
        const { first, end } = tilesInSight(block, 1000, scrollTop, 100);
        for (let index = 0; index < 1000; index++) {
          const { top } = tilePlace(block, index);
          const seen = top + block.tileHeight > scrollTop && top < scrollTop + 100;
          if (seen) {
            expect(index).toBeGreaterThanOrEqual(first);
            expect(index).toBeLessThan(end);
          }
        }
        expect(first % block.columns).toBe(0);
        expect(end - first).toBeLessThanOrEqual(block.columns * 10);
      })
    );
  });
});
