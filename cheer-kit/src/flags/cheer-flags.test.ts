import { CheerEngine } from '../cheer-engine';
import { ManualClock } from '../clock';
import { Emitter } from '../emitter';
import { RecentEvents } from '../recent-events';
import { cheerFlags, countFlags, followCheerFlags, recordFlags, samplingRatio } from './cheer-flags';
import { defaultReading, type FlagChange, type FlagReading, type FlagValue } from './definition';

const definitions = cheerFlags({ budgetFloorRatio: 0.1 });

/** Flags that a test sets. */
function fakeFlags() {
  const readings = new Map<string, FlagReading>(
    Object.entries(definitions).map(([flag, definition]) => [flag, defaultReading(flag, definition)]),
  );
  const emitter = new Emitter<FlagChange>();
  return {
    value: (flag: string) => readings.get(flag)?.value as never,
    list: () => [...readings.values()],
    subscribe: (listener: (change: FlagChange) => void) => emitter.subscribe(listener),
    set(flag: string, variant: string, value: FlagValue) {
      const from = readings.get(flag) as FlagReading;
      const to = { ...from, variant, value, reason: 'STATIC', isDefault: variant === 'default' };
      readings.set(flag, to);
      emitter.emit({ at: 0, from, to });
    },
  };
}

function setUp() {
  const clock = new ManualClock();
  const engine = new CheerEngine({
    slos: [{ name: 'delivery', description: '', objective: 0.99, minBadEvents: 10 }],
    queues: [],
    downstreams: [],
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    warmupSeconds: 0,
    clock,
  });
  engine.recordSlo('delivery', 9920, 80);
  return { clock, engine, flags: fakeFlags() };
}

test('the kill switch', () => {
  const { engine, flags } = setUp();
  flags.set('health-cheer', 'off', false);
  const leave = followCheerFlags(flags, engine);
  expect(engine.verdict()).toMatchObject({ state: 'disabled', score: null });
  flags.set('health-cheer', 'on', true);
  expect(engine.verdict().state).toBe('green');
  leave();
  flags.set('health-cheer', 'off', false);
  expect(engine.verdict().state).toBe('green');
});

test('the threshold is the floor of the error budget, in the verdict and for the metrics', () => {
  const { clock, engine, flags } = setUp();
  followCheerFlags(flags, engine);
  expect(engine.evaluate().state).toBe('green');
  flags.set('cheer-threshold', 'careful', 0.25);
  expect(engine.limits.budgetFloorRatio).toBe(0.25);
  expect(engine.verdict()).toMatchObject({
    state: 'yellow',
    reasons: [{ code: 'error_budget', figure: expect.closeTo(0.2), limit: 0.25, unit: 'ratio' }],
  });
  flags.set('cheer-threshold', 'default', 0.1);
  expect(engine.verdict()).toMatchObject({
    state: 'yellow',
    conditions: [{ ok: true, limit: 0.1 }, {}, {}, {}, {}],
  });
  clock.advance(30);
  expect(engine.evaluate().state).toBe('green');
  expect(() => engine.setBudgetFloor(1)).toThrow(RangeError);
  expect(engine.limits.budgetFloorRatio).toBe(0.1);
});

test('each change is a cheer event', async () => {
  const { flags } = setUp();
  const recent = await RecentEvents.open({ onProblem: () => undefined });
  recordFlags(flags, recent);
  flags.set('sampling-ratio', 'tenth', 0.1);
  expect(recent.since(0)).toMatchObject([
    { kind: 'flag', title: 'Flag sampling-ratio is tenth', detail: 'tenth (0.1); was default (1)' },
  ]);
});

test('the metric has the present variants from the start', () => {
  const { flags } = setUp();
  const shown: string[] = [];
  countFlags(flags, { setFlag: (flag, variant) => void shown.push(`${flag} ${variant}`) });
  expect(shown).toEqual(['health-cheer default', 'cheer-threshold default', 'sampling-ratio default']);
  flags.set('health-cheer', 'off', false);
  expect(shown.at(-1)).toBe('health-cheer off');
});

test('the sampling ratio is nobody’s while the flag has its default: the environment decides', () => {
  const { flags } = setUp();
  const ratio = samplingRatio(flags);
  expect(ratio()).toBeUndefined();
  flags.set('sampling-ratio', 'none', 0);
  expect(ratio()).toBe(0);
  flags.set('sampling-ratio', 'default', 1);
  expect(ratio()).toBeUndefined();
});

test.each([
  ['cheer-threshold', [0, 0.5, 0.99], [-0.1, 1, 5]],
  ['sampling-ratio', [0, 0.5, 1], [-0.1, 1.1]],
] as const)('%s has bounds', (flag, good, bad) => {
  for (const value of good) expect(definitions[flag].mustBe?.(value)).toBeUndefined();
  for (const value of bad) expect(definitions[flag].mustBe?.(value)).toMatch(/0/);
});
