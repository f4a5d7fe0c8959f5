import type { BreakerState, ConditionName } from '@selfcheer/cheer-kit';

/** What happens to one service within a step of half a minute, of `Vector.steps`. */
export interface Step {
  readonly good?: number;
  readonly bad?: number;
  /** How many events took so many seconds. */
  readonly took?: readonly (readonly [seconds: number, count: number])[];
}

interface Queue {
  readonly depth: number;
  readonly capacity: number;
  readonly oldestAgeSeconds: number;
  readonly ageTargetSeconds: number;
}

/** What a process measures, and which conditions fail of that: for its engine and for the rules. */
export interface Vector {
  readonly name: string;
  readonly steps: number;
  readonly step: (i: number) => Step;
  readonly queue: Queue;
  readonly breaker: BreakerState;
  readonly fails: readonly ConditionName[];
}

export const limits = { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 };
export const slo = { name: 'delivery', description: 'in time', objective: 0.999, minBadEvents: 10 };
export const stepSeconds = 30;

const minutes = 60 / stepSeconds;
const fast = [[0.02, 100]] as const;
const calm: Queue = { depth: 1, capacity: 100, oldestAgeSeconds: 0, ageTargetSeconds: 3 };

function vector(name: string, changes: Partial<Omit<Vector, 'name'>> = {}): Vector {
  const well = { steps: 40 * minutes, step: () => ({ good: 1_000, took: fast }), queue: calm };
  return { name, breaker: 'closed', fails: [], ...well, ...changes };
}

/** Each at its limit, beyond it, and forgotten. */
export const vectors: readonly Vector[] = [
  vector('all is well'),
  vector('nothing ever happened', { step: () => ({}) }),
  vector('15 % of the budget left', { step: () => ({ good: 1_176, bad: 1, took: fast }) }),
  vector('8 % of the budget left', {
    step: () => ({ good: 1_086, bad: 1, took: fast }),
    fails: ['error_budget'],
  }),
  vector('too few bad ones to count', { step: (i) => ({ good: 10, bad: i < 9 ? 1 : 0, took: fast }) }),
  vector('just as many as count', {
    step: (i) => ({ good: 10, bad: i < 10 ? 1 : 0, took: fast }),
    fails: ['error_budget'],
  }),
  vector('bad ones more than an hour ago', {
    steps: 90 * minutes,
    step: (i) => ({ good: 100, bad: i < 10 * minutes ? 50 : 0, took: fast }),
  }),
  vector('bad ones within the hour', {
    steps: 90 * minutes,
    step: (i) => ({ good: 100, bad: i > 50 * minutes && i < 60 * minutes ? 50 : 0, took: fast }),
    fails: ['error_budget'],
  }),
  vector('one of twenty is slow', {
    step: () => ({
      good: 100,
      took: [
        [0.02, 95],
        [0.4, 5],
      ],
    }),
  }),
  vector('one of five is slow', {
    step: () => ({
      good: 100,
      took: [
        [0.02, 80],
        [0.4, 20],
      ],
    }),
    fails: ['latency'],
  }),
  vector('slow until ten minutes ago', {
    step: (i) => ({ good: 100, took: i < 30 * minutes ? [[0.4, 100]] : fast }),
  }),
  vector('slow, and then nothing', {
    step: (i) => (i < 30 * minutes ? { good: 100, took: [[0.4, 100]] } : {}),
  }),
  vector('a queue just below its ceiling', { queue: { ...calm, depth: 69.9 } }),
  vector('a queue at its ceiling', { queue: { ...calm, depth: 70 }, fails: ['saturation'] }),
  vector('a queue that is full', { queue: { ...calm, depth: 100 }, fails: ['saturation'] }),
  vector('an empty queue without a capacity', { queue: { ...calm, depth: 0, capacity: 0 } }),
  vector('something in a queue without a capacity', {
    queue: { ...calm, capacity: 0 },
    fails: ['saturation'],
  }),
  vector('the oldest is as old as it may be', { queue: { ...calm, oldestAgeSeconds: 3 } }),
  vector('the oldest is too old', { queue: { ...calm, oldestAgeSeconds: 3.01 }, fails: ['age'] }),
  vector('a breaker is open', { breaker: 'open', fails: ['breakers'] }),
  vector('a breaker is half open', { breaker: 'half_open' }),
  vector('everything at once', {
    step: () => ({ good: 90, bad: 10, took: [[0.4, 100]] }),
    queue: { ...calm, depth: 99, oldestAgeSeconds: 60 },
    breaker: 'open',
    fails: ['error_budget', 'latency', 'saturation', 'age', 'breakers'],
  }),
];
