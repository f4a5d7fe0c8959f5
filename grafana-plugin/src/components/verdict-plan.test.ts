import fc from 'fast-check';
import { type Reason } from '../types';
import { planMeter } from './meter-plan';
import { fitReasons } from './reason-rows';
import { now, second, service } from './testing/views';
import { planVerdict } from './verdict-plan';

const reasons: Reason[] = [
  { id: 'breakers', text: 'A breaker is open' },
  { id: 'error_budget', text: 'The error budget is nearly spent' },
  { id: 'age', text: 'Events wait too long' },
];
const plan = (width: number, height: number) => planMeter(width, height, { budgets: 0, events: 0, history: false });

describe('fitReasons', () => {
  it('shows all that fit', () => {
    expect(fitReasons(reasons, 400, 12, 3)).toEqual({ shown: reasons, hidden: [], lines: 3 });
  });

  it('lets a long one take two lines and says how many are left out', () => {
    const { shown, hidden, lines } = fitReasons(reasons, 150, 12, 3);
    expect([shown.length, hidden.length, lines]).toEqual([1, 2, 2]);
    expect(fitReasons(reasons, 150, 12, 4)).toEqual({ shown: reasons, hidden: [], lines: 4 });
  });

  it('shows one rather than none, and none without a line', () => {
    expect(fitReasons(reasons, 150, 12, 1)).toEqual({ shown: [reasons[0]], hidden: [], lines: 1 });
    expect(fitReasons(reasons, 150, 12, 0)).toEqual({ shown: [], hidden: reasons, lines: 0 });
    expect(fitReasons([], 150, 12, 3)).toEqual({ shown: [], hidden: [], lines: 0 });
  });

  it('never takes more lines than it has', () => {
    const texts = fc.array(fc.string({ maxLength: 80 }), { maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 9 }), (all, width, rows) => {
        const made = all.map((text, index) => ({ id: String(index), text }));
        const { shown, lines } = fitReasons(made, width, 12, rows);
        expect(lines).toBeLessThanOrEqual(rows);
        expect(lines === 0 && shown.some(({ text }) => text !== '')).toBe(false);
      })
    );
  });
});

describe('planVerdict', () => {
  const bad = service({ state: 'red', reasons, since: now - 20 * second, cheers: 16_586, misses: 1 });

  it('says all where there is room', () => {
    expect(planVerdict(bad, 'orders', true, plan(1000, 600), now)).toEqual({
      showName: true,
      facts: ['for 20 s', '16,586 cheers, 1 miss'],
      reasons: { shown: reasons, hidden: [], lines: 3 },
    });
  });

  it('would rather say why than for how long', () => {
    const { facts, reasons: shown } = planVerdict(bad, 'orders', true, plan(300, 100), now);
    expect(shown.shown.length).toBeGreaterThan(0);
    expect(facts).toEqual([]);
  });

  it('says no reasons when they are switched off', () => {
    expect(planVerdict(bad, 'orders', false, plan(800, 600), now).reasons.lines).toBe(0);
  });

  it('shows no name when there is none', () => {
    expect(planVerdict(bad, '', true, plan(800, 600), now).showName).toBe(false);
  });

  it.each([
    [service({ state: 'green' }), []],
    [service({ state: 'green', cheers: 1, misses: 0 }), ['1 cheer']],
    [
      service({ state: 'stale', lastState: 'yellow', lastSeen: now - 180 * second, cheers: 5 }),
      ['No new data for 3 min', 'Yellow until then'],
    ],
    [service({ state: 'unknown' }), ['The data say nothing of its state']],
    [service({ state: 'warming' }), ['Too few events to judge']],
    [service({ state: 'disabled' }), ['Health is switched off']],
  ])('says what its state means: %#', (view, facts) => {
    expect(planVerdict(view, 'orders', true, plan(800, 600), now).facts).toEqual(facts);
  });
});
