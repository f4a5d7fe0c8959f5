import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkLimits, judge, type CheerFigures, type CheerLimits, type Level } from './conditions';
import { cheerScore } from './score';
import { conditionNames, type CheerState, type ConditionName } from './verdict';

const well: CheerFigures = {
  errorBudgetRemaining: 1,
  latencyP90Seconds: null,
  saturation: 0,
  ageRatio: 0,
  openBreakers: 0,
  blocked: false,
  draining: false,
};

interface Vector {
  readonly name: string;
  readonly state: CheerState;
  readonly score: number | null;
  /** Conditions that are not green. */
  readonly levels?: Partial<Record<ConditionName, Level>>;
  readonly figures: Partial<CheerFigures>;
}

const file = join(__dirname, '../test-vectors/score.json');
const { groups } = JSON.parse(readFileSync(file, 'utf8')) as {
  groups: { limits: CheerLimits; vectors: Vector[] }[];
};
const [main] = groups as [(typeof groups)[0]];

describe('shared test vectors', () => {
  for (const { limits, vectors } of groups) {
    test.each(vectors)('$name', ({ state, score, levels, figures }) => {
      const all = { ...well, ...figures };
      expect(cheerScore(state, all, limits)).toBe(score);
      const expected = Object.fromEntries(conditionNames.map((name) => [name, levels?.[name] ?? 'green']));
      expect(judge(all, limits)).toEqual(expected);
    });
  }
});

const ratio = fc.double({ min: 0, max: 2, noNaN: true });
const figures = fc.record<CheerFigures>({
  errorBudgetRemaining: fc.double({ min: -100, max: 1, noNaN: true }),
  latencyP90Seconds: fc.option(fc.double({ min: 0, max: 10, noNaN: true })),
  saturation: ratio,
  ageRatio: fc.double({ min: 0, max: 100, noNaN: true }),
  openBreakers: fc.nat(5),
  blocked: fc.boolean(),
  draining: fc.boolean(),
});
const bands = { green: [70, 100], yellow: [30, 69], red: [0, 29] } as const;
const state = fc.constantFrom<'green' | 'yellow' | 'red'>('green', 'yellow', 'red');

test('the score is a whole number in the band of its state, whatever the figures', () => {
  const wild = fc.double();
  const anything = fc.record<CheerFigures>({
    errorBudgetRemaining: wild,
    latencyP90Seconds: fc.option(wild),
    saturation: wild,
    ageRatio: wild,
    openBreakers: fc.nat(5),
    blocked: fc.boolean(),
    draining: fc.boolean(),
  });
  fc.assert(
    fc.property(state, fc.oneof(figures, anything), (now, all) => {
      const score = cheerScore(now, all, main.limits) as number;
      const [least, most] = bands[now];
      return Number.isInteger(score) && score >= least && score <= most;
    }),
  );
});

test('the score never rises as a figure gets worse', () => {
  const worse = fc.record({
    budget: fc.double({ min: 0, max: 10, noNaN: true }),
    latency: fc.double({ min: 0, max: 10, noNaN: true }),
    saturation: ratio,
    age: fc.double({ min: 0, max: 10, noNaN: true }),
    open: fc.nat(3),
    blocked: fc.boolean(),
    draining: fc.boolean(),
  });
  fc.assert(
    fc.property(state, figures, worse, (now, before, by) => {
      const after: CheerFigures = {
        errorBudgetRemaining: before.errorBudgetRemaining - by.budget,
        latencyP90Seconds: (before.latencyP90Seconds ?? 0) + by.latency,
        saturation: before.saturation + by.saturation,
        ageRatio: before.ageRatio + by.age,
        openBreakers: before.openBreakers + by.open,
        blocked: before.blocked || by.blocked,
        draining: before.draining || by.draining,
      };
      const scores = [before, after].map((all) => cheerScore(now, all, main.limits) as number);
      return (scores[0] as number) >= (scores[1] as number);
    }),
  );
});

test('what can not be reckoned is not healthy', () => {
  const broken = {
    ...well,
    errorBudgetRemaining: NaN,
    latencyP90Seconds: NaN,
    saturation: NaN,
    ageRatio: NaN,
  };
  expect(judge(broken, main.limits)).toMatchObject({
    error_budget: 'yellow',
    latency: 'yellow',
    saturation: 'yellow',
    age: 'yellow',
  });
});

test.each<Partial<CheerLimits>>([
  { budgetFloorRatio: -0.1 },
  { budgetFloorRatio: 1 },
  { latencyTargetSeconds: 0 },
  { latencyTargetSeconds: NaN },
  { saturationCeilingRatio: 0 },
  { saturationCeilingRatio: 0.95 },
])('limits that make no sense are refused: %j', (wrong) => {
  expect(() => checkLimits({ ...main.limits, ...wrong })).toThrow(RangeError);
  expect(() => checkLimits(main.limits)).not.toThrow();
});
