import { CheerEngine, type CheerEngineOptions } from './cheer-engine';
import { ManualClock } from './clock';
import type { EngineEvent } from './engine-events';

const options: CheerEngineOptions = {
  slos: [
    { name: 'ingest-availability', description: 'accepted', objective: 0.999, minBadEvents: 10 },
    { name: 'delivery', description: 'in time', objective: 0.99, minBadEvents: 10, targetSeconds: 1 },
  ],
  queues: ['commit', 'publish'],
  downstreams: ['kafka', 'geo'],
  limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
  holdSeconds: 30,
};

function setUp(changes: Partial<CheerEngineOptions> = {}) {
  const clock = new ManualClock();
  const engine = new CheerEngine({ ...options, clock, ...changes });
  const events: EngineEvent[] = [];
  engine.subscribe((event) => events.push(event));
  const after = (seconds: number) => {
    clock.advance(seconds);
    return engine.evaluate();
  };
  const states = () =>
    events.flatMap((event) => (event.type === 'state' ? [`${event.from} > ${event.to}`] : []));
  return { clock, engine, events, after, states };
}

function green(changes: Partial<CheerEngineOptions> = {}) {
  const setup = setUp(changes);
  setup.engine.batchSettled({ traffic: 'synthetic', durationSeconds: 0.01 });
  setup.after(3);
  setup.events.length = 0;
  return setup;
}

const calm = { depth: 1, capacity: 100, oldestAgeSeconds: 0, ageTargetSeconds: 1 };

describe('warming', () => {
  test('is left with the first evidence, but not before the minimum', () => {
    const { engine, after, states } = setUp();
    expect(engine.verdict()).toMatchObject({ state: 'warming', score: null, reasons: [] });
    engine.batchSettled({ traffic: 'synthetic', durationSeconds: 0.01 });
    expect(after(2.9).state).toBe('warming');
    expect(after(0.1)).toMatchObject({ state: 'green', score: 100, idle: true });
    expect(states()).toEqual(['warming > green']);
  });

  test('lasts for as long as there is no evidence', () => {
    const { engine, after } = setUp();
    engine.batchMissed({ reason: 'timeout', traffic: 'synthetic', detail: 'late' });
    engine.recordSlo('delivery', 0, 0);
    expect(after(600).state).toBe('warming');
    engine.recordLatency(0.01, 5);
    expect(after(0).state).toBe('green');
  });

  test('a good event is evidence', () => {
    const { engine, after } = setUp();
    engine.recordSlo('delivery', 1, 0);
    expect(after(3).state).toBe('green');
  });

  test('does not hide trouble, and comes back after it when there is still no evidence', () => {
    const { engine, after, states } = setUp();
    engine.setBreaker('kafka', 'open');
    expect(engine.verdict()).toMatchObject({ state: 'yellow', score: 50 });
    engine.setBreaker('kafka', 'closed');
    after(30);
    expect(states()).toEqual(['warming > yellow', 'yellow > warming']);
    expect(engine.recoverySeconds).toBeUndefined();
  });
});

describe('conditions', () => {
  test('error budget: yellow at the floor, red when spent, figure beside limit', () => {
    const { engine, after } = green();
    engine.recordSlo('delivery', 9905, 95);
    expect(after(1)).toMatchObject({
      state: 'yellow',
      errorBudgetRemaining: expect.closeTo(0.05),
      reasons: [
        {
          code: 'error_budget',
          detail: '5 % of the budget of delivery is left (95 of 10000 events were bad); floor 10 %',
        },
      ],
    });
    engine.recordSlo('delivery', 0, 20);
    const verdict = after(1);
    expect(verdict).toMatchObject({ state: 'red', reasons: [{ code: 'error_budget' }] });
    expect(verdict.conditions[0]).toMatchObject({ name: 'error_budget', ok: false, limit: 0.1 });
    expect(verdict.conditions[0]?.figure).toBeLessThanOrEqual(0);
    expect(verdict.reasons[0]?.detail).toBe(
      'the budget of delivery is overspent 1.15× (115 of 10020 events were bad); floor 10 %',
    );
    expect(after(3600)).toMatchObject({ errorBudgetRemaining: 1 });
  });

  test('error budget: says so when there are too few bad events to spend any of it', () => {
    const { engine, after } = green();
    engine.recordSlo('delivery', 91, 9);
    expect(after(1).conditions[0]).toMatchObject({
      ...{ ok: true, figure: 1, limit: 0.1, unit: 'ratio' },
      detail:
        '100 % of the budget of delivery is left (9 of 100 events were bad; fewer than 10 spend nothing); floor 10 %',
    });
  });

  test('each says since when it is so, without the hold that its reason has', () => {
    const { clock, engine, after } = green();
    const started = clock.now() - 3000;
    const age = (seconds: number): void => engine.setQueue('publish', { ...calm, oldestAgeSeconds: seconds });
    age(2);
    const failed = after(5);
    expect(failed.conditions[3]).toEqual({
      ...{ name: 'age', ok: false, figure: 2, limit: 1, unit: 'seconds', since: clock.now() },
      detail: 'oldest item in queue publish is 2 s old; target 1 s',
    });
    expect(failed.conditions[1]?.since).toBe(started);
    age(3);
    const worse = after(10);
    expect(worse.conditions[3]?.since).toBe(failed.since);
    expect(worse.reasons).toEqual([
      {
        ...{ code: 'age', figure: 3, limit: 1, unit: 'seconds', since: failed.since },
        detail: 'oldest item in queue publish is 3 s old; target 1 s',
      },
    ]);
    age(0);
    const well = after(10);
    expect(well.conditions[3]).toMatchObject({ ok: true, figure: 0, since: clock.now() });
    // What is held is told by the figure that was wrong last.
    expect(well.reasons).toMatchObject([{ code: 'age', figure: 3, since: failed.since }]);
  });

  test('latency: p90 of five minutes against its target', () => {
    const { engine, after } = green();
    engine.recordLatency(0.1, 90);
    engine.recordLatency(0.2, 10);
    expect(after(1)).toMatchObject({ state: 'green', idle: false });
    engine.recordLatency(0.2, 1);
    expect(after(1)).toMatchObject({ state: 'yellow', reasons: [{ code: 'latency' }] });
    // The window has passed: no events, so the condition holds and the state says idle.
    expect(after(300).conditions[1]).toMatchObject({ name: 'latency', ok: true });
    expect(engine.verdict()).toMatchObject({ idle: true });
    expect(engine.verdict().conditions[1]).not.toHaveProperty('figure');
  });

  test('saturation: the fullest queue counts; yellow at the ceiling, red at 90 %', () => {
    const { engine, after } = green();
    engine.setQueue('commit', calm);
    engine.setQueue('publish', { ...calm, depth: 69 });
    expect(after(1).state).toBe('green');
    engine.setQueue('publish', { ...calm, depth: 70 });
    expect(after(1)).toMatchObject({
      state: 'yellow',
      reasons: [{ code: 'saturation', detail: 'queue publish is 70 % full; ceiling 70 %' }],
    });
    const since = engine.verdict().since;
    engine.setQueue('publish', { ...calm, depth: 90 });
    expect(after(1)).toMatchObject({ state: 'red', score: 29, reasons: [{ code: 'saturation', since }] });
  });

  test.each([
    [undefined, 'a reading'],
    [null, 'a reading'],
    [7, 'a reading'],
    [Promise.resolve(calm), 'depth'],
    [{ ...calm, depth: '3' }, 'depth'],
    [{ depth: 1, oldestAgeSeconds: 0 }, 'capacity'],
    [{ depth: 1, capacity: 2 }, 'oldestAgeSeconds'],
    [{ ...calm, ageTargetSeconds: null }, 'ageTargetSeconds'],
  ])('a reading that is none (%p) is refused, and the one before stays', (reading, what) => {
    const { engine, after } = green();
    engine.setQueue('commit', { ...calm, depth: 75 });
    const set = () => engine.setQueue('commit', reading as never);
    expect(set).toThrow(TypeError);
    expect(set).toThrow(`queue commit: ${what}`);
    expect(after(1).state).toBe('yellow');
  });

  test('a figure that is not a number shows, and throws nothing', () => {
    const { engine, after } = green();
    engine.setQueue('commit', { ...calm, depth: NaN });
    expect(after(1).state).not.toBe('green');
  });

  test('a queue without capacity is full as soon as something is in it', () => {
    const { engine, after } = green();
    engine.setQueue('commit', { depth: 0, capacity: 0, oldestAgeSeconds: 0 });
    expect(after(1).state).toBe('green');
    engine.setQueue('commit', { depth: 1, capacity: 0, oldestAgeSeconds: 0 });
    expect(after(1).state).toBe('red');
  });

  test('age: within its target, judged per queue; a queue without a target has no age', () => {
    const { engine, after } = green();
    engine.setQueue('commit', { depth: 1, capacity: 100, oldestAgeSeconds: 500 });
    engine.setQueue('publish', { ...calm, oldestAgeSeconds: 1 });
    expect(after(1).state).toBe('green');
    engine.setQueue('publish', { ...calm, oldestAgeSeconds: 1.5 });
    expect(after(1)).toMatchObject({
      state: 'yellow',
      reasons: [{ code: 'age', detail: 'oldest item in queue publish is 1.5 s old; target 1 s' }],
    });
  });

  test('breakers: at once, by name; half open is not open', () => {
    const { engine, events } = green();
    engine.setBreaker('geo', 'half_open');
    expect(engine.verdict().state).toBe('green');
    engine.setBreaker('geo', 'open');
    engine.setBreaker('geo', 'open');
    expect(engine.verdict()).toMatchObject({
      state: 'yellow',
      reasons: [{ code: 'breakers', detail: 'the breaker of geo is open; none may be' }],
    });
    const turns = events.filter((event) => event.type === 'breaker');
    expect(turns).toMatchObject([
      { from: 'closed', to: 'half_open' },
      { from: 'half_open', to: 'open' },
    ]);
  });
});

describe('worse at once, better only after the hold', () => {
  test('a breaker that is half open keeps its reason until it is closed, however long the probe hangs', () => {
    const { engine, after } = green();
    engine.setBreaker('geo', 'open');
    const { since } = engine.verdict();
    engine.setBreaker('geo', 'half_open');
    expect(after(300)).toMatchObject({
      state: 'yellow',
      since,
      reasons: [{ code: 'breakers', detail: 'the breaker of geo is half open: one call probes it', since }],
    });
    engine.setBreaker('geo', 'closed');
    expect(after(29)).toMatchObject({
      state: 'yellow',
      reasons: [{ detail: 'the breaker of geo was half open; well again, held for 1 s more' }],
    });
    expect(after(1)).toMatchObject({ state: 'green', reasons: [] });
  });

  test('refusing and fenced are red at once, draining is yellow; the most severe reason stands first', () => {
    const { engine } = green();
    engine.setDraining('SIGTERM');
    expect(engine.verdict()).toMatchObject({
      state: 'yellow',
      reasons: [{ code: 'draining', detail: 'SIGTERM' }],
    });
    engine.setBreaker('kafka', 'open');
    engine.setRefusing('store is full');
    engine.setFenced('write failed');
    expect(engine.verdict()).toMatchObject({ state: 'red', score: 0 });
    expect(engine.verdict().reasons.map(({ code }) => code)).toEqual([
      'fenced',
      'refusing',
      'breakers',
      'draining',
    ]);
  });

  test('a recovered reason is held and told as such; the state follows it to the second', () => {
    const { clock, engine, after, states } = green();
    const began = clock.now();
    engine.setRefusing('store is full');
    after(10);
    engine.setRefusing(undefined);
    expect(after(29)).toMatchObject({
      state: 'red',
      score: 29,
      reasons: [
        { code: 'refusing', since: began, detail: 'was: store is full; well again, held for 1 s more' },
      ],
    });
    expect(after(1)).toMatchObject({ state: 'green', reasons: [] });
    expect(states()).toEqual(['green > red', 'red > green']);
  });

  test('what comes back inside the hold has never been away', () => {
    const { clock, engine, after, states } = green();
    const began = clock.now();
    for (let turn = 0; turn < 5; turn++) {
      engine.setBreaker('kafka', 'open');
      after(1);
      engine.setBreaker('kafka', 'closed');
      after(20);
    }
    expect(engine.verdict().reasons).toMatchObject([{ code: 'breakers', since: began }]);
    after(10);
    expect(states()).toEqual(['green > yellow', 'yellow > green']);
  });

  test('red turns yellow first when only the worst of it is over, and the reason keeps its beginning', () => {
    const { clock, engine, after, states } = green();
    const began = clock.now() + 1000;
    engine.setQueue('commit', { ...calm, depth: 95 });
    after(1);
    engine.setQueue('commit', { ...calm, depth: 80 });
    after(1);
    after(29);
    expect(engine.verdict().state).toBe('red');
    expect(after(1)).toMatchObject({ state: 'yellow', reasons: [{ code: 'saturation', since: began }] });
    engine.setQueue('commit', calm);
    after(1);
    after(30);
    expect(states()).toEqual(['green > red', 'red > yellow', 'yellow > green']);
  });

  test('without a hold it is better at once', () => {
    const { engine } = green({ holdSeconds: 0 });
    engine.setFenced('write failed');
    engine.setFenced(undefined);
    expect(engine.verdict().state).toBe('green');
  });

  test('the seconds from leaving green to being back are kept', () => {
    const { engine, after, events } = green();
    engine.setBreaker('kafka', 'open');
    after(12);
    engine.setBreaker('kafka', 'closed');
    after(30);
    expect(engine.recoverySeconds).toBe(42);
    expect(events.at(-1)).toMatchObject({ type: 'state', to: 'green', recoverySeconds: 42 });
  });

  test('since is the moment of the change, not of the evaluation', () => {
    const { clock, engine, after } = green();
    engine.setBreaker('kafka', 'open');
    const began = clock.now();
    expect(after(5).since).toBe(began);
  });
});

describe('disabled', () => {
  test('reads disabled whatever happens, and tells the reasons afterwards', () => {
    const { engine, after, events } = green();
    engine.setBreaker('kafka', 'open');
    events.length = 0;
    engine.disable('health-cheer');
    expect(after(5)).toMatchObject({ state: 'disabled', score: null, reasons: [] });
    expect(events[0]).toMatchObject({ type: 'state', from: 'yellow', to: 'disabled', flag: 'health-cheer' });
    engine.enable();
    expect(engine.verdict()).toMatchObject({ state: 'yellow', reasons: [{ code: 'breakers' }] });
    engine.setBreaker('kafka', 'closed');
    // How long green was left for is not known when it was switched off in between.
    expect(after(30).state).toBe('green');
    expect(engine.recoverySeconds).toBeUndefined();
  });
});

test('every batch is a cheer or a miss, counted by traffic and reason', () => {
  const { engine, events, after } = setUp();
  engine.batchSettled({ traffic: 'real', durationSeconds: 0.5 });
  engine.batchSettled({ traffic: 'synthetic', durationSeconds: 0.1 });
  engine.batchMissed({ reason: 'downstream', traffic: 'real', detail: 'broker is away' });
  expect(events).toMatchObject([
    { type: 'cheer', traffic: 'real', durationSeconds: 0.5 },
    { type: 'cheer', traffic: 'synthetic' },
    { type: 'miss', traffic: 'real', reason: 'downstream', detail: 'broker is away' },
  ]);
  expect([engine.batches.batchesOf('real'), engine.batches.batchesOf('synthetic')]).toEqual([2, 1]);
  expect([engine.batches.cheersOf('real'), engine.batches.missesOf('downstream', 'real')]).toEqual([1, 1]);
  expect(after(1)).toMatchObject({ cheersTotal: 2, missesTotal: 1 });
});

test('a listener that throws disturbs neither the engine nor the other listeners', () => {
  const { engine, events } = setUp();
  const warning = jest.spyOn(process, 'emitWarning').mockImplementation();
  engine.subscribe(() => {
    throw new Error('listener is broken');
  });
  const last: EngineEvent[] = [];
  const leave = engine.subscribe((event) => last.push(event));
  engine.setFenced('write failed');
  leave();
  engine.setRefusing('full');
  engine.setFenced(undefined);
  expect([events.length, last.length]).toEqual([1, 1]);
  expect(warning.mock.calls).toEqual([[expect.stringContaining('listener is broken')]]);
  warning.mockRestore();
});

test('names outside the closed lists are a bug', () => {
  const { engine } = setUp();
  expect(() => engine.recordSlo('nope', 1, 0)).toThrow(RangeError);
  expect(() => engine.setQueue('nope', calm)).toThrow(RangeError);
  expect(() => engine.setBreaker('nope', 'open')).toThrow(RangeError);
});

test('evaluates once a second when started', () => {
  jest.useFakeTimers();
  try {
    const { engine, clock } = setUp();
    engine.recordLatency(0.01, 1);
    engine.start();
    engine.start();
    clock.advance(10);
    jest.advanceTimersByTime(999);
    expect(engine.verdict().state).toBe('warming');
    jest.advanceTimersByTime(1);
    expect(engine.verdict().state).toBe('green');
    engine.stop();
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

describe('the mode says what is done with requests at this moment', () => {
  test('while the state is held; the worst of what it was told', () => {
    const clock = new ManualClock(1_000);
    const engine = new CheerEngine({
      slos: [],
      queues: [],
      downstreams: [],
      limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
      holdSeconds: 30,
      clock,
    });
    const begun = clock.now();
    expect(engine.mode()).toEqual({ mode: 'normal', since: begun });
    clock.advance(1);
    engine.setDegraded('shedding requests of low priority: 3 in the last 10 s');
    expect(engine.verdict()).toMatchObject({ state: 'yellow', reasons: [{ code: 'degraded' }] });
    expect(engine.mode()).toEqual({ mode: 'degraded', since: begun + 1_000 });
    clock.advance(1);
    engine.setDegraded('shedding requests of low priority: 4 in the last 10 s');
    expect(engine.mode().since).toBe(begun + 1_000);
    engine.setRefusing('the outbox is full');
    expect(engine.mode().mode).toBe('refusing');
    expect(engine.verdict().state).toBe('red');
    engine.setDraining('draining: SIGTERM');
    expect(engine.mode().mode).toBe('draining');
    engine.setDraining(undefined);
    engine.setRefusing(undefined);
    engine.setDegraded(undefined);
    expect(engine.mode().mode).toBe('normal');
    expect(engine.evaluate().state).toBe('red');
  });
});
