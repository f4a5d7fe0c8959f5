import React from 'react';
import { render } from '@testing-library/react';
import fc from 'fast-check';
import { Sparkline, sparkline } from './Sparkline';

const history = { times: [0, 10, 20, 30, 40], values: [0, 100, null, 50, null] };

describe('sparkline', () => {
  it('runs from the first to the last point, from 0 at the bottom to 100 at the top', () => {
    expect(sparkline({ times: [0, 10, 20], values: [0, 100, 50] }, 100, 20, 2).line).toBe('M1 19L50 1L99 10');
  });

  it('leaves gaps and draws a point without neighbours as a dot', () => {
    expect(sparkline(history, 42, 22, 2).line).toBe('M1 21L11 1M31 11h0');
  });

  it('draws nothing for nothing', () => {
    expect(sparkline({ times: [], values: [] }, 42, 22, 2)).toEqual({ line: '', area: '' });
    expect(sparkline({ times: [1], values: [null] }, 42, 22, 2)).toEqual({ line: '', area: '' });
  });

  it('stays within its size, whatever the values', () => {
    const points = fc.array(fc.tuple(fc.nat(1e6), fc.option(fc.double({ noNaN: true }), { freq: 4 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        points,
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 200 }),
        (pairs, width, height) => {
          const times = pairs.map(([time]) => time).sort((a, b) => a - b);
          const { line, area } = sparkline({ times, values: pairs.map(([, value]) => value) }, width, height, 1);
          for (const [x, y] of [...`${line}${area}`.matchAll(/[ML](\S+?) ([\d.-]+|NaN|Infinity)/g)].map((m) => [
            m[1],
            m[2],
          ])) {
            expect(Number(x)).toBeGreaterThanOrEqual(0);
            expect(Number(x)).toBeLessThanOrEqual(width);
            expect(Number(y)).toBeGreaterThanOrEqual(0);
            expect(Number(y)).toBeLessThanOrEqual(height);
          }
        }
      )
    );
  });
});

it('is hidden from screen readers', () => {
  const { container } = render(<Sparkline history={history} width={42} height={22} color="red" />);
  expect(container.querySelector('svg')).toHaveAttribute('aria-hidden', 'true');
  expect(container.querySelectorAll('path')[1]).toHaveAttribute('stroke', 'red');
});
