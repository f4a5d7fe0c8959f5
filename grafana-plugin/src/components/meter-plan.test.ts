import fc from 'fast-check';
import { arcRatio } from './Arc';
import { budgetLine } from './BudgetBar';
import { eventLine } from './EventsList';
import { planMeter } from './meter-plan';

const all = { budgets: 3, events: 20, history: true };
const nothing = { budgets: 0, events: 0, history: false };

describe('planMeter', () => {
  it.each([
    [300, 200, 'beside'],
    [800, 600, 'beside'],
    [300, 120, 'beside'],
    [800, 250, 'columns'],
    [1600, 200, 'columns'],
    [400, 600, 'stacked'],
    [180, 160, 'stacked'],
    [600, 600, 'stacked'],
  ])('of %d x %d is %s', (width, height, kind) => {
    expect(planMeter(width, height, all).kind).toBe(kind);
  });

  it('shows all there is where there is room', () => {
    const { details } = planMeter(800, 600, all);
    expect(details).toMatchObject({ budgetRows: 1, budgetColumns: 3 });
    expect(details.eventRows).toBeGreaterThanOrEqual(3);
    expect(details.sparkline).toBeGreaterThan(40);
  });

  it('gives all its room to the arc and the verdict when there is nothing else', () => {
    const plan = planMeter(800, 600, nothing);
    expect(plan.details.height).toBe(0);
    expect(plan.verdict.height).toBe(600);
  });

  it('makes letters larger on a wall', () => {
    expect(planMeter(300, 200, all).font).toBe(12);
    expect(planMeter(800, 600, all).font).toBe(25);
    expect(planMeter(1920, 1080, all).font).toBe(28);
  });

  it('lays budgets out evenly', () => {
    const { budgetRows, budgetColumns } = planMeter(800, 800, { ...all, budgets: 4 }).details;
    expect([budgetRows, budgetColumns]).toEqual([2, 2]);
  });

  it('leaves nothing outside the panel, whatever its size', () => {
    const sizes = fc.integer({ min: 40, max: 4000 });
    const contents = fc.record({ budgets: fc.nat(12), events: fc.nat(20), history: fc.boolean() });
    fc.assert(
      fc.property(sizes, sizes, contents, (width, height, content) => {
        const { kind, gap, arc, verdict, smallFont, details } = planMeter(width, height, content);
        const needed =
          details.budgetRows * budgetLine * smallFont + details.sparkline + details.eventRows * eventLine * smallFont;
        const parts = [details.budgetRows, details.sparkline, details.eventRows].filter((part) => part > 0).length;
        expect(needed + gap * Math.max(parts - 1, 0)).toBeLessThanOrEqual(details.height + 1);
        const below = kind !== 'columns' && details.height > 0 ? details.height + gap : 0;
        const beside = kind === 'columns' && details.height > 0 ? details.width + gap : 0;
        const arcHeight = arc * arcRatio;
        const across = kind === 'stacked' ? Math.max(arc, verdict.width) : arc + 2 * gap + verdict.width;
        const down = kind === 'stacked' ? arcHeight + gap / 2 + verdict.height : Math.max(arcHeight, verdict.height);
        expect(across + beside).toBeLessThanOrEqual(width + 1);
        expect(down + below).toBeLessThanOrEqual(Math.max(height, gap) + 1);
        for (const size of [arc, verdict.width, verdict.height, details.width, details.height, details.eventRows]) {
          expect(size).toBeGreaterThanOrEqual(0);
        }
        expect(details.budgetRows * details.budgetColumns).toBeLessThan(content.budgets + details.budgetColumns);
        expect(details.eventRows).toBeLessThanOrEqual(content.events);
        // The verdict is what it is about.
        expect(kind === 'columns' ? 0 : details.height).toBeLessThanOrEqual(height / 2);
      })
    );
  });
});
