import fc from 'fast-check';
import { type ServiceView, defaultOptions } from '../types';
import { modelOf, now, second, service } from './testing/views';
import { planTicker } from './ticker-plan';

const reasons = [{ id: 'breakers', text: 'A breaker is open' }];
const event = { id: '1', time: now - 600 * second, kind: 'cheer', text: '3 cheers' } as const;
const red = service({ key: 'payments', name: 'payments', state: 'red', reasons });
const green = service({ events: [event] });

function plan(services: ServiceView[], width: number, height: number) {
  return planTicker(modelOf(...services), services[0]!, defaultOptions, { width, height, now });
}

it.each([
  ['line', red, 360, 60],
  ['line', red, 200, 37],
  ['three', red, 200, 54],
  ['paired', red, 200, 53],
  ['two', red, 149, 53],
  ['three', green, 200, 54],
  // What happened matters less than the name.
  ['two', green, 200, 53],
  ['two', service(), 200, 54],
] as const)('is a %s', (kind, worst, width, height) => {
  expect(plan([worst], width, height).kind).toBe(kind);
});

it('counts where there is room, several only, and not when all are well', () => {
  expect(plan([red, green], 1200, 40).counts).toHaveLength(2);
  expect(plan([red, green], 120, 37).counts).toEqual([]);
  expect(plan([red], 1200, 40).counts).toEqual([]);
  const well = plan([green, green], 1200, 40);
  expect(well).toMatchObject({ counts: [], name: '2 services' });
  expect(well.score).toBeUndefined();
});

it('has letters that can be read and sizes that are some, whatever the room', () => {
  fc.assert(
    fc.property(fc.integer({ min: -20, max: 4000 }), fc.integer({ min: -20, max: 2000 }), (width, height) => {
      const { font, smallFont, glyph, gap } = plan([red, green], width, height);
      expect(Math.min(font, smallFont)).toBeGreaterThanOrEqual(11);
      expect(Math.max(font, smallFont)).toBeLessThanOrEqual(28);
      expect(Math.min(glyph, gap)).toBeGreaterThan(0);
    })
  );
});
