import fc from 'fast-check';
import { Ledger } from './ledger';

const span = 1000;

test('the mark is the last full thousand before the first open row, in whatever order answers come', () => {
  const counts = fc.integer({ min: 1, max: 3500 });
  fc.assert(
    fc.property(
      counts,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (total, dice) => {
        const ledger = new Ledger();
        const open = Array.from({ length: total }, (_, index) => index + 1);
        for (const ordinal of open) expect(ledger.read(`row ${ordinal}`)).toBe('open');
        const refused = new Set<number>();
        const settled = new Set<number>();
        // The answers of a run that ends early: some are missing.
        const answered = Math.floor((dice.next().value ?? 0) * (total + 1));
        for (let turn = 0; turn < answered; turn += 1) {
          const near = Math.min(open.length - 1, Math.floor((dice.next().value ?? 0) * 300));
          const [ordinal = 0] = open.splice(near, 1);
          const isRefused = ordinal % 7 === 0;
          if (isRefused) refused.add(ordinal);
          settled.add(ordinal);
          ledger.settled(ordinal, isRefused);
        }
        const firstOpen = Math.min(...open, total + 1);
        const rows = Math.floor((firstOpen - 1) / span) * span;
        expect(ledger.mark.rows).toBe(rows);
        expect(ledger.mark.rejected).toBe([...refused].filter((ordinal) => ordinal <= rows).length);
      },
    ),
    { numRuns: 30 },
  );
});

function markAfter(rows: number): Ledger['mark'] {
  const ledger = new Ledger();
  for (let ordinal = 1; ordinal <= rows; ordinal += 1) {
    ledger.read(`row ${ordinal}`);
    ledger.settled(ordinal, ordinal === 5);
  }
  return ledger.mark;
}

test('a rerun skips what has its answer, opens the rest and goes on counting', () => {
  const mark = markAfter(2500);
  expect(mark).toMatchObject({ rows: 2000, rejected: 1 });
  const rerun = new Ledger(mark);
  const states = Array.from({ length: 3000 }, (_, index) => rerun.read(`row ${index + 1}`));
  expect(states.filter((state) => state === 'done')).toHaveLength(2000);
  expect(states.slice(2000).every((state) => state === 'open')).toBe(true);
  for (let ordinal = 2001; ordinal <= 3000; ordinal += 1) rerun.settled(ordinal, false);
  expect(rerun.mark).toMatchObject({ rows: 3000, rejected: 1 });
  expect(rerun.mark.digest).toBe(markAfter(3000).digest);
});

test('another source is noticed, as is one that is shorter', () => {
  const changed = new Ledger(markAfter(1000));
  const states = Array.from({ length: 1000 }, (_, index) =>
    changed.read(`row ${index === 3 ? 'X' : index + 1}`),
  );
  expect(states.at(-1)).toBe('changed');
  const short = new Ledger(markAfter(1000));
  for (let ordinal = 1; ordinal < 1000; ordinal += 1) short.read(`row ${ordinal}`);
  expect(short.tooShort).toBe(true);
});

test('rows are told apart, not only their text in a row', () => {
  const one = new Ledger();
  const two = new Ledger();
  for (let ordinal = 1; ordinal <= span; ordinal += 1) {
    one.read(ordinal === 1 ? 'ab' : ordinal === 2 ? 'c' : 'x');
    two.read(ordinal === 1 ? 'a' : ordinal === 2 ? 'bc' : 'x');
    one.settled(ordinal, false);
    two.settled(ordinal, false);
  }
  expect(one.mark.digest).not.toBe(two.mark.digest);
});
