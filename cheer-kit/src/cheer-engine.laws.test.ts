import fc from 'fast-check';
import { CheerEngine } from './cheer-engine';
import { ManualClock } from './clock';
import type { EngineEvent } from './engine-events';
import {
  conditionNames,
  conditionUnits,
  type BreakerState,
  type CheerState,
  type CheerVerdict,
  type ConditionName,
} from './verdict';

/*
 * The engine against a model of what docs/architecture.md promises, that keeps everything that ever happened and looks
 * through all of it each time: what counts at this moment, what was wrong when, and so what the state must be.
 */

const objective = 0.9;
const minBadEvents = 10;
const limits = { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 };
const holdSeconds = 30;
const warmupSeconds = 3;
const begun = 5_000;

type Block = 'refusing' | 'fenced' | 'degraded' | 'draining';
type Code = ConditionName | Block;
type Severity = 'yellow' | 'red';

type Step =
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'slo'; readonly good: number; readonly bad: number }
  | { readonly do: 'latency'; readonly slow: boolean; readonly count: number }
  | { readonly do: 'queue'; readonly depth: number; readonly age: number }
  | { readonly do: 'breaker'; readonly state: BreakerState }
  | { readonly do: 'block'; readonly what: Block; readonly on: boolean }
  | { readonly do: 'flag'; readonly on: boolean }
  | { readonly do: 'floor'; readonly ratio: number }
  | { readonly do: 'batch'; readonly good: boolean };

const wait: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('wait' as const),
  seconds: fc.oneof(fc.constantFrom(1, 3, 10, 29, 30, 31, 300, 3600), fc.integer({ min: 0, max: 60 })),
});
const happenings: readonly fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant('slo' as const), good: fc.nat(200), bad: fc.nat(40) }),
  fc.record({ do: fc.constant('latency' as const), slow: fc.boolean(), count: fc.nat(50) }),
  fc.record({
    do: fc.constant('queue' as const),
    depth: fc.constantFrom(0, 50, 69, 70, 89, 90, 100),
    age: fc.constantFrom(0, 1, 1.5),
  }),
  fc.record({
    do: fc.constant('breaker' as const),
    state: fc.constantFrom<BreakerState>('closed', 'open', 'half_open'),
  }),
  fc.record({
    do: fc.constant('block' as const),
    what: fc.constantFrom<Block>('refusing', 'fenced', 'degraded', 'draining'),
    on: fc.boolean(),
  }),
  fc.record({ do: fc.constant('flag' as const), on: fc.boolean() }),
  fc.record({ do: fc.constant('floor' as const), ratio: fc.constantFrom(0, 0.1, 0.5) }),
  fc.record({ do: fc.constant('batch' as const), good: fc.boolean() }),
];
/** In each run only a few kinds of things happen: with all of them something is always wrong, and nothing recovers. */
const course: fc.Arbitrary<Step[]> = fc
  .subarray([...happenings], { minLength: 1, maxLength: 3 })
  .chain((some) => fc.array(fc.oneof(wait, fc.oneof(...some)), { maxLength: 60 }))
  .map((steps) => [{ do: 'batch', good: true }, ...steps]);
const anything = fc.array(fc.oneof(wait, ...happenings), { maxLength: 60 });

/** One judgement, as the model sees it. */
interface Judged {
  /** Milliseconds. */
  readonly at: number;
  /** What is wrong then: `code severity`, where red is yellow too. */
  readonly wrong: ReadonlySet<string>;
  /** Codes of what is wrong by itself; a breaker that is half open is not. */
  readonly failing: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
  readonly state: CheerState;
}

class Model {
  now = 0;
  readonly history: Judged[] = [];
  private readonly counted: { at: number; good: number; bad: number; fast: number; slow: number }[] = [];
  private readonly blocks = new Set<Block>();
  private breaker: BreakerState = 'closed';
  private queue: { depth: number; age: number } | undefined;
  private off = false;
  private floor = limits.budgetFloorRatio;
  private evidence = false;

  apply(step: Step): void {
    const count = { at: this.now, good: 0, bad: 0, fast: 0, slow: 0 };
    switch (step.do) {
      case 'wait':
        this.now += step.seconds * 1000;
        break;
      case 'slo':
        this.counted.push({ ...count, good: step.good, bad: step.bad });
        if (step.good > 0) this.evidence = true;
        break;
      case 'latency':
        this.counted.push({ ...count, [step.slow ? 'slow' : 'fast']: step.count });
        if (step.count > 0) this.evidence = true;
        break;
      case 'queue':
        this.queue = step;
        break;
      case 'breaker':
        this.breaker = step.state;
        break;
      case 'block':
        if (step.on) this.blocks.add(step.what);
        else this.blocks.delete(step.what);
        break;
      case 'flag':
        this.off = !step.on;
        break;
      case 'floor':
        this.floor = step.ratio;
        break;
      case 'batch':
        if (step.good) this.evidence = true;
    }
  }

  /** Everything in the last `slots` slots of ten seconds. */
  private sum(what: 'good' | 'bad' | 'fast' | 'slow', slots: number): number {
    const slot = (at: number): number => Math.floor((begun + at) / 10_000);
    return this.counted
      .filter(({ at }) => slot(at) > slot(this.now) - slots)
      .reduce((total, each) => total + each[what], 0);
  }

  private failing(): Map<Code, Severity> {
    const wrong = new Map<Code, Severity>();
    const [good, bad] = [this.sum('good', 360), this.sum('bad', 360)];
    if (bad >= minBadEvents) {
      const left = 1 - bad / ((good + bad) * (1 - objective));
      if (left <= 0) wrong.set('error_budget', 'red');
      else if (left <= this.floor) wrong.set('error_budget', 'yellow');
    }
    const [fast, slow] = [this.sum('fast', 30), this.sum('slow', 30)];
    if (fast < 0.9 * (fast + slow)) wrong.set('latency', 'yellow');
    if (this.queue && this.queue.depth >= 90) wrong.set('saturation', 'red');
    else if (this.queue && this.queue.depth >= 70) wrong.set('saturation', 'yellow');
    if (this.queue && this.queue.age > 1) wrong.set('age', 'yellow');
    if (this.breaker === 'open') wrong.set('breakers', 'yellow');
    for (const block of this.blocks)
      wrong.set(block, block === 'refusing' || block === 'fenced' ? 'red' : 'yellow');
    return wrong;
  }

  judge(): Judged {
    const before = this.history.at(-1);
    const wrong = new Set<string>();
    const failing = this.failing();
    for (const [code, severity] of failing) {
      wrong.add(`${code} yellow`);
      wrong.add(`${code} ${severity}`);
    }
    // Nobody knows yet whether it is over.
    if (this.breaker === 'half_open' && before?.held.has('breakers yellow')) wrong.add('breakers yellow');
    const held = new Set(wrong);
    for (const key of before?.held ?? []) {
      const firstWell = this.history.findLastIndex((each) => each.wrong.has(key)) + 1;
      const wellSince = this.history[firstWell]?.at ?? this.now;
      if (this.now - wellSince < holdSeconds * 1000) held.add(key);
    }
    const worst = [...held].some((key) => key.endsWith('red')) ? 'red' : 'yellow';
    const well = this.evidence && this.now >= warmupSeconds * 1000 ? 'green' : 'warming';
    const judged: Judged = {
      at: this.now,
      failing: new Set(failing.keys()),
      wrong,
      held,
      state: this.off ? 'disabled' : held.size > 0 ? worst : well,
    };
    this.history.push(judged);
    return judged;
  }

  /** When what is so now began to be so without a break, by the judgements. */
  since(is: (judged: Judged) => boolean): number {
    const before = this.history.findLastIndex((judged) => !is(judged));
    return (this.history[before + 1] as Judged).at;
  }
}

function setUp() {
  const clock = new ManualClock(0, begun);
  const engine = new CheerEngine({
    slos: [{ name: 'delivery', description: '', objective, minBadEvents }],
    queues: ['outbox'],
    downstreams: ['kafka'],
    ...{ limits, holdSeconds, warmupSeconds, clock },
  });
  const events: EngineEvent[] = [];
  engine.subscribe((event) => events.push(event));
  return { clock, engine, events };
}

function apply({ clock, engine }: ReturnType<typeof setUp>, step: Step): void {
  switch (step.do) {
    case 'wait':
      return clock.advance(step.seconds);
    case 'slo':
      return engine.recordSlo('delivery', step.good, step.bad);
    case 'latency':
      return engine.recordLatency(step.slow ? 5 : 0.01, step.count);
    case 'queue':
      return engine.setQueue('outbox', {
        ...{ depth: step.depth, capacity: 100, oldestAgeSeconds: step.age, ageTargetSeconds: 1 },
      });
    case 'breaker':
      return engine.setBreaker('kafka', step.state);
    case 'block': {
      const reason = step.on ? `it is ${step.what}` : undefined;
      if (step.what === 'refusing') return engine.setRefusing(reason);
      if (step.what === 'fenced') return engine.setFenced(reason);
      if (step.what === 'degraded') return engine.setDegraded(reason);
      return engine.setDraining(reason);
    }
    case 'flag':
      return step.on ? engine.enable() : engine.disable('health-cheer');
    case 'floor':
      return engine.setBudgetFloor(step.ratio);
    case 'batch':
      if (step.good) return engine.batchSettled({ traffic: 'real', durationSeconds: 0.1 });
      return engine.batchMissed({ traffic: 'real', reason: 'timeout', detail: 'late' });
  }
}

const bands: Record<CheerState, readonly [number, number] | null> = {
  green: [70, 100],
  yellow: [30, 69],
  red: [0, 29],
  warming: null,
  disabled: null,
};

/** Whatever the state: it says why, with figures beside limits and since when. */
function checkExplained(verdict: CheerVerdict, { held, state }: Judged, model: Model): void {
  const band = bands[verdict.state];
  const { score } = verdict;
  const inBand = band === null ? score === null : score !== null && score >= band[0] && score <= band[1];
  const codes = state === 'disabled' ? [] : [...new Set([...held].map((key) => key.split(' ')[0] as Code))];
  const isCondition = (code: string): code is ConditionName => Object.hasOwn(conditionUnits, code);
  const seen = {
    inBand,
    since: verdict.since,
    reasons: verdict.reasons
      .map(({ code, detail, since, figure, limit, unit }) => ({
        ...{ code, since, unit, said: detail !== '' },
        measured: figure !== undefined && limit !== undefined,
      }))
      .sort((a, b) => (a.code < b.code ? -1 : 1)),
    // Figure and limit alone give the same answer.
    conditions: verdict.conditions.map(({ name, ok, figure, limit, unit, since }) => {
      const fails =
        name === 'error_budget'
          ? figure! <= limit
          : name === 'saturation'
            ? figure! >= limit
            : figure! > limit;
      return { name, ok, unit, since, agrees: figure === undefined ? ok : ok === !fails };
    }),
  };
  expect(seen).toEqual({
    inBand: true,
    since: model.since((each) => each.state === state),
    reasons: codes.sort().map((code) => ({
      ...{
        code,
        said: true,
        measured: isCondition(code),
        unit: isCondition(code) ? conditionUnits[code] : undefined,
      },
      since: model.since((each) => each.held.has(`${code} yellow`)),
    })),
    conditions: conditionNames.map((name) => {
      const ok = (each: Judged): boolean => !each.failing.has(name);
      const now = ok(model.history.at(-1) as Judged);
      return {
        name,
        ok: now,
        unit: conditionUnits[name],
        since: model.since((each) => ok(each) === now),
        agrees: true,
      };
    }),
  });
}

test('worse at once, better only after the hold, and every verdict explained: as the model has it', () => {
  fc.assert(
    fc.property(fc.oneof(course, anything), (steps) => {
      const service = setUp();
      const model = new Model();
      model.judge();
      for (const each of steps) {
        apply(service, each);
        model.apply(each);
        const verdict = service.engine.evaluate();
        const judged = model.judge();
        expect(verdict.state).toBe(judged.state);
        checkExplained(verdict, judged, model);
      }
      const batches = steps.filter((each) => each.do === 'batch');
      const { cheersTotal, missesTotal } = service.engine.verdict();
      expect([cheersTotal, missesTotal]).toEqual([
        batches.filter(({ good }) => good).length,
        batches.filter(({ good }) => !good).length,
      ]);
    }),
    { numRuns: 300 },
  );
});

test('every change of state is told once, and green again with the time since green was left', () => {
  fc.assert(
    fc.property(fc.oneof(course, anything), (steps) => {
      const service = setUp();
      const states: CheerState[] = ['warming'];
      let left: number | undefined;
      for (const each of steps) {
        const before = service.engine.verdict().state;
        service.events.length = 0;
        apply(service, each);
        const { state, since } = service.engine.evaluate();
        const told = service.events.filter((event) => event.type === 'state');
        expect(told.map(({ from, to }) => [from, to])).toEqual(state === before ? [] : [[before, state]]);
        if (state === before) continue;
        expect(told[0]).toMatchObject({ at: since, verdict: { state } });
        states.push(state);
        if (before === 'green') left = since;
        if (state === 'disabled') left = undefined;
        const seconds = state === 'green' && left !== undefined ? (since - left) / 1000 : undefined;
        expect(told[0]?.recoverySeconds).toBe(seconds);
        if (state === 'green') left = undefined;
      }
    }),
    { numRuns: 400 },
  );
});
