import fc from 'fast-check';
import { readCounters, type Counters } from './counters';
import type { Attempt, Deliveries, Evidence, PrometheusView, Round, SideRound } from './evidence';
import { judge, wantsSecondRound } from './judge';
import { verdictOf, type Verdict } from './verify-document';

interface Figures {
  readonly start?: number;
  readonly accepted?: number;
  readonly batches?: number;
  readonly cheers?: number;
  readonly realBatches?: number;
  readonly realCheers?: number;
  readonly good?: number;
  readonly bad?: number;
  readonly disabled?: boolean;
}

function counters(figures: Figures): Counters {
  const { start = 500, accepted = 0, batches = 0, cheers = 0, realBatches = 0, realCheers = 0 } = figures;
  const { good = 0, bad = 0, disabled = false } = figures;
  return readCounters(
    [
      `process_start_time_seconds ${start}`,
      `ingests_total{transport="http",result="accepted"} ${accepted}`,
      `cheer_state{state="disabled"} ${disabled ? 1 : 0}`,
      `cheer_batches_total{traffic="synthetic"} ${batches}`,
      `cheer_cheers_total{traffic="synthetic"} ${cheers}`,
      `cheer_batches_total{traffic="real"} ${realBatches}`,
      `cheer_cheers_total{traffic="real"} ${realCheers}`,
      ...['ingest-availability', 'ingest-latency', 'delivery'].flatMap((slo) => [
        `cheer_slo_objective_ratio{slo="${slo}"} 0.999`,
        `cheer_slo_min_bad_events{slo="${slo}"} 10`,
        `cheer_slo_events_total{slo="${slo}",result="good"} ${good}`,
        `cheer_slo_events_total{slo="${slo}",result="bad"} ${bad}`,
      ]),
      'cheer_latency_target_seconds{slo="ingest-latency"} 0.12',
      'cheer_latency_target_seconds{slo="delivery"} 1',
    ].join('\n'),
  );
}

const events = 100;

function attempts(prefix: string, seconds = 0.01, failed = 0): Attempt[] {
  return Array.from({ length: events }, (_, n) => ({
    id: `${prefix}/${n}`,
    outcome: n < failed ? ('failed' as const) : ('accepted' as const),
    status: n < failed ? 500 : 202,
    why: n < failed ? '500 internal' : '',
    seconds,
  }));
}

interface SideGiven extends Figures {
  readonly seconds?: number;
  readonly failed?: number;
}

function sideRound(prefix: string, given: SideGiven = {}): SideRound {
  const { seconds, failed, ...figures } = given;
  return {
    attempts: attempts(prefix, seconds, failed),
    before: counters({ start: figures.start ?? 500 }),
    after: counters({ accepted: events, batches: events, cheers: events, ...figures }),
  };
}

function delivered(rounds: readonly (SideRound | undefined)[], seconds = 0.05): Deliveries {
  const ids = rounds.flatMap((round) => round?.attempts ?? []).map(({ id }) => id);
  return new Map(ids.map((id) => [id, { status: 'published' as const, seconds }]));
}

function round(
  number: number,
  target: SideGiven = {},
  baseline: SideGiven = {},
  prometheus?: PrometheusView,
): Round {
  return {
    target: sideRound(`c${number}`, target),
    baseline: sideRound(`s${number}`, baseline),
    prometheus,
  };
}

function evidence(rounds: readonly Round[], more: Partial<Evidence> = {}): Evidence {
  const ready = { kind: 'ready' } as const;
  return {
    ...{ release: '2.0.0', startedAt: 1_000, rounds },
    target: {
      ...{ first: ready, last: ready, version: '2.0.0' },
      deliveries: delivered(rounds.map(({ target }) => target)),
    },
    baseline: {
      ...{ first: ready, last: ready, version: '1.9.0' },
      deliveries: delivered(rounds.map(({ baseline }) => baseline)),
    },
    ...more,
  };
}

function verdicts(given: Evidence): Record<string, Verdict> {
  return Object.fromEntries(judge(given).map(({ name, verdict }) => [name, verdict]));
}

const twice = (target: SideGiven, baseline: SideGiven = {}): Round[] => [
  round(1, target, baseline),
  round(2, target, baseline),
];
const passes = {
  ...{
    readiness: 'pass',
    accepted: 'pass',
    published: 'pass',
    cheer: 'pass',
    budget: 'pass',
    latency: 'pass',
  },
};

describe('the gates', () => {
  it('all pass for a good release, and want no second look', () => {
    const good = evidence([round(1)]);
    expect(verdicts(good)).toEqual(passes);
    expect(wantsSecondRound(good)).toBe(false);
  });

  describe('latency', () => {
    it.each([
      // [target, baseline, verdict]: a loaded machine slows both
      [0.5, 0.3, 'pass'],
      [0.5, 0.24, 'fail'],
      [0.11, 0.01, 'pass'],
      [0.13, 0.01, 'fail'],
    ] as const)('%d s beside %d s twice: %s', (own, other, verdict) => {
      expect(verdicts(evidence(twice({ seconds: own }, { seconds: other })))).toEqual({
        ...passes,
        latency: verdict,
      });
    });

    it('fails by the median: a slow tail alone does not', () => {
      const [first] = twice({});
      const tail = attempts('c1').map((one, n) => ({ ...one, seconds: n < 40 ? 5 : 0.01 }));
      const slow: Round = { ...first!, target: { ...first!.target, attempts: tail } };
      expect(verdicts(evidence([slow]))['latency']).toBe('pass');
    });

    it('fails only when it was seen twice', () => {
      const slow = round(1, { seconds: 0.5 });
      expect(verdicts(evidence([slow]))['latency']).toBe('inconclusive');
      expect(wantsSecondRound(evidence([slow]))).toBe(true);
      expect(verdicts(evidence([slow, round(2)]))['latency']).toBe('pass');
      expect(verdicts(evidence([round(1), slow]))['latency']).toBe('pass');
    });

    it('fails only when both rounds say so: one that could not be measured says nothing', () => {
      const [slow, unseen] = [round(1, { seconds: 0.5 }), round(2)];
      const blind = { ...unseen, baseline: { ...unseen.baseline!, attempts: [] } };
      expect(verdicts(evidence([slow, blind]))['latency']).toBe('inconclusive');
      expect(verdicts(evidence([blind, slow]))['latency']).toBe('inconclusive');
    });

    it('does not take its limit from the release', () => {
      const slow = twice({ seconds: 0.5 }).map((one) => ({
        ...one,
        target: {
          ...one.target,
          after: { ...one.target.after!, latencyTargets: new Map([['ingest-latency', 10]]) },
        },
      }));
      expect(verdicts(evidence(slow))['latency']).toBe('fail');
    });
  });

  describe('cheer', () => {
    it.each([
      [{ cheers: 0 }, {}, 'fail'],
      [{ cheers: 80 }, {}, 'fail'],
      [{ cheers: 98 }, {}, 'pass'],
      // A loaded machine: both miss.
      [{ cheers: 70 }, { cheers: 72 }, 'pass'],
      [{ cheers: 10 }, { cheers: 12 }, 'inconclusive'],
      [{ cheers: 0 }, { cheers: 50 }, 'fail'],
      // Counts nothing at all.
      [{ batches: 0, cheers: 0 }, {}, 'fail'],
      [{ batches: 0, cheers: 0 }, { batches: 9, cheers: 9 }, 'inconclusive'],
      // Too few on either side.
      [{ batches: 1, cheers: 1 }, {}, 'inconclusive'],
      [{ batches: 9, cheers: 9 }, {}, 'inconclusive'],
      [{}, { batches: 9, cheers: 9 }, 'inconclusive'],
      [{ realBatches: 100, realCheers: 50 }, { realBatches: 900, realCheers: 890 }, 'fail'],
      [{ realBatches: 2, realCheers: 0 }, { realBatches: 900, realCheers: 890 }, 'pass'],
      [{ disabled: true }, {}, 'inconclusive'],
    ] as const)('%j beside %j twice: %s', (own, other, verdict) => {
      expect(verdicts(evidence(twice(own, other)))['cheer']).toBe(verdict);
    });
  });

  it.each([
    [90, 'pass'],
    [89, 'inconclusive'],
  ] as const)('cheer alone: %d of 100 is %s', (cheers, verdict) => {
    const alone = onRounds((one) => ({ ...one, baseline: undefined }));
    const given = alone({ ...evidence(twice({ cheers })), baseline: undefined });
    expect(verdicts(given)).toEqual({ ...passes, cheer: verdict });
  });

  describe('budget', () => {
    it.each([
      [{ good: 900, bad: 100 }, {}, 'fail'],
      [{ good: 900, bad: 100 }, { good: 9_900, bad: 1_000 }, 'pass'],
      [{ good: 900, bad: 100 }, { good: 10_000 }, 'fail'],
      // Fewer bad events than are worth a word.
      [{ good: 50, bad: 9 }, { good: 10_000 }, 'pass'],
      // 13 times as fast as the budget allows
      [{ good: 9_870, bad: 130 }, { good: 10_000 }, 'pass'],
      [{ failed: 20 }, {}, 'fail'],
    ] as const)('%j beside %j twice: %s', (own, other, verdict) => {
      expect(verdicts(evidence(twice(own, other)))['budget']).toBe(verdict);
    });

    it('does not pass without the deliveries', () => {
      const given = evidence([round(1)]);
      const blind = { ...given, target: { ...given.target, deliveries: undefined } };
      expect(verdicts(blind)).toEqual({ ...passes, published: 'inconclusive', budget: 'inconclusive' });
    });

    it('counts late deliveries of synthetic events', () => {
      const rounds = twice({});
      const late = evidence(rounds);
      const target = {
        ...late.target,
        deliveries: delivered(
          rounds.map((one) => one.target),
          3,
        ),
      };
      expect(verdicts({ ...late, target })).toEqual({ ...passes, budget: 'fail' });
    });

    it('does not take its limits from the release', () => {
      const lax = onSide('target', (side) => {
        const slos = new Map(
          [...side.after!.slos].map(([slo, one]) => [slo, { ...one, objective: 0.1, minBad: 1_000 }]),
        );
        return { ...side, after: { ...side.after!, slos, latencyTargets: new Map([['delivery', 60]]) } };
      });
      expect(verdicts(lax(evidence(twice({ good: 900, bad: 100 }))))['budget']).toBe('fail');
      const late = lax(evidence(twice({})));
      const target = {
        ...late.target,
        deliveries: delivered(
          late.rounds.map((one) => one.target),
          3,
        ),
      };
      expect(verdicts({ ...late, target })['budget']).toBe('fail');
    });

    it('is inconclusive about one that counts fewer SLOs than the baseline, or than Prometheus knows', () => {
      const without = (slos: Counters['slos']) => new Map([...slos].filter(([slo]) => slo !== 'delivery'));
      const fewer = onCounters('target', (one) => ({ ...one, slos: without(one.slos) }));
      expect(verdicts(fewer(evidence(twice({}))))).toEqual({ ...passes, budget: 'inconclusive' });
      const all = new Map(
        ['ingest-availability', 'ingest-latency', 'delivery'].map((slo) => [slo, { good: 9, bad: 0 }]),
      );
      const seen = (slos: typeof all): Evidence => {
        const prometheus = { target: { slos, cheerRatio: null }, baseline: undefined };
        return evidence([round(1, {}, {}, prometheus)]);
      };
      expect(verdicts(seen(all))).toEqual(passes);
      expect(verdicts(seen(new Map([...all].slice(1))))).toEqual({ ...passes, budget: 'inconclusive' });
    });

    it.each([
      ['ingest-latency', 'pass'],
      ['delivery', 'fail'],
    ] as const)('judges by %s: %s, as latency has a gate of its own', (name, verdict) => {
      const bad = onSide('target', (side) => {
        const slos = new Map(side.after!.slos).set(name, { ...side.after!.slos.get(name)!, bad: 100 });
        return { ...side, after: { ...side.after!, slos } };
      });
      expect(verdicts(bad(evidence(twice({ good: 900 }, { good: 900 }))))).toEqual({
        ...passes,
        budget: verdict,
      });
    });

    it('believes Prometheus about the other processes of a release', () => {
      const seen = (good: number, bad: number) => ({
        slos: new Map([['delivery', { good, bad }]]),
        cheerRatio: 1,
      });
      const prometheus = { target: seen(900, 100), baseline: seen(10_000, 0) };
      const rounds = [1, 2].map((number) => round(number, {}, {}, prometheus));
      expect(verdicts(evidence(rounds))).toEqual({ ...passes, budget: 'fail' });
    });
  });

  describe('accepted and published', () => {
    it.each([
      [{ failed: 1 }, {}, 'pass'],
      [{ failed: 2 }, {}, 'fail'],
      [{ failed: 30 }, { failed: 25 }, 'inconclusive'],
      [{ failed: 30 }, { failed: 2 }, 'fail'],
    ] as const)('accepted: %j beside %j: %s', (own, other, verdict) => {
      expect(verdicts(evidence([round(1, own, other)]))['accepted']).toBe(verdict);
    });

    it.each([
      ['accepted', 'fail'],
      ['quarantined', 'fail'],
      ['dropped', 'fail'],
      ['published', 'pass'],
    ] as const)('one event that stays %s: %s', (status, verdict) => {
      const given = evidence([round(1)]);
      const deliveries = new Map([...given.target.deliveries!, ['c1/7', { status, seconds: null }]]);
      expect(verdicts({ ...given, target: { ...given.target, deliveries } })['published']).toBe(verdict);
    });

    it.each([
      ['404 to all, the baseline too', { status: 404 }, { status: 404 }, 'inconclusive'],
      ['404 to all, the baseline not', { status: 404 }, {}, 'fail'],
      ['429 to all, the baseline too busy as well', { status: 429 }, { status: 503 }, 'inconclusive'],
      ['429 to all, no baseline', { status: 429 }, undefined, 'fail'],
      ['403 to all, no baseline', { status: 403 }, undefined, 'inconclusive'],
      ['nothing listens there', { outcome: 'unreachable', status: null }, {}, 'inconclusive'],
      ['it does not answer', { outcome: 'failed', status: null }, {}, 'fail'],
    ] as const)('accepted: %s', (_, own, other, verdict) => {
      const answered = (side: SideRound, how: Partial<Attempt>): SideRound => ({
        ...side,
        attempts: side.attempts.map((one) =>
          'status' in how ? { ...one, outcome: 'failed', why: 'no', ...how } : one,
        ),
      });
      const { target, baseline } = round(1);
      const one = { target: answered(target, own), baseline: other && answered(baseline!, other) };
      const given = evidence([{ ...one, prometheus: undefined }], other ? {} : { baseline: undefined });
      const { accepted, published } = verdicts(given);
      // What was not accepted can't be published.
      expect([accepted, published]).toEqual([verdict, 'inconclusive']);
    });

    it('judges nothing by few events', () => {
      const few = onSide('target', (side) => ({ ...side, attempts: side.attempts.slice(0, 19) }));
      expect(verdicts(few(evidence([round(1)])))).toEqual({
        ...passes,
        ...{ accepted: 'inconclusive', budget: 'inconclusive', latency: 'inconclusive' },
      });
      const alone = { ...evidence([round(1)]), baseline: undefined };
      const fewAlone = onRounds((one) => ({ ...one, baseline: undefined }))(few(alone));
      expect(verdicts(fewAlone)['latency']).toBe('inconclusive');
      const slow = [19, 5, 4].map((events) => {
        const some = (side: SideRound) => ({ ...side, attempts: side.attempts.slice(0, events) });
        const given = evidence(twice({ seconds: 5 }));
        return verdicts(onSide('target', some)(given))['latency'];
      });
      expect(slow).toEqual(['fail', 'fail', 'inconclusive']);
    });

    it('fails one that lost what it knows of, whatever its counters say', () => {
      const given = evidence([round(1, { accepted: 0 })]);
      const deliveries = new Map([
        ...given.target.deliveries!,
        ['c1/7', { status: 'dropped', seconds: 1 }],
      ] as const);
      expect(verdicts({ ...given, target: { ...given.target, deliveries } })['published']).toBe('fail');
    });

    it('fails one that loses more than the baseline, which loses nothing', () => {
      const given = evidence([round(1)]);
      const most = new Map([...given.target.deliveries!].slice(1));
      expect(verdicts({ ...given, target: { ...given.target, deliveries: most } })['published']).toBe('fail');
    });

    it('fails one that forgets what it accepted, but not one that was never sent to', () => {
      const forgets = (accepted: number): Evidence => {
        const given = evidence([round(1, { accepted })]);
        return { ...given, target: { ...given.target, deliveries: new Map() } };
      };
      expect(verdicts(forgets(events))['published']).toBe('fail');
      expect(verdicts(forgets(events - 1))['published']).toBe('inconclusive');
      expect(verdicts(forgets(0))['published']).toBe('inconclusive');
    });
  });

  describe('readiness', () => {
    const probes = {
      ready: { kind: 'ready' },
      refusing: { kind: 'not_ready', status: 503 },
      gone: { kind: 'unreachable', why: 'connect ECONNREFUSED' },
      elsewhere: { kind: 'not_ready', status: 404 },
      broken: { kind: 'not_ready', status: 500 },
    } as const;

    it.each([
      ['ready', 'ready', 'pass'],
      ['ready', 'refusing', 'fail'],
      ['ready', 'gone', 'fail'],
      ['refusing', 'refusing', 'fail'],
      ['gone', 'gone', 'inconclusive'],
      // The port of somebody else, and one that broke.
      ['elsewhere', 'elsewhere', 'inconclusive'],
      ['ready', 'elsewhere', 'fail'],
      ['broken', 'broken', 'fail'],
    ] as const)('%s, then %s: %s', (first, last, verdict) => {
      const given = evidence([round(1)]);
      const target = { ...given.target, first: probes[first], last: probes[last] };
      expect(verdicts({ ...given, target })['readiness']).toBe(verdict);
    });

    it('is inconclusive about one that is compared with itself', () => {
      const given = evidence([round(1)]);
      const deliveries = delivered([given.rounds[0]!.target, given.rounds[0]!.baseline]);
      const itself = { ...given, target: { ...given.target, deliveries } };
      expect(verdicts(itself)).toEqual({ ...passes, readiness: 'inconclusive' });
      expect(wantsSecondRound(itself)).toBe(false);
    });

    it('tells a restart from several processes', () => {
      const changed = (start: number): Evidence => {
        const one = round(1);
        return evidence([{ ...one, target: { ...one.target, after: counters({ start }) } }]);
      };
      expect(verdicts(changed(1_005))['readiness']).toBe('fail');
      expect(verdicts(changed(400))['readiness']).toBe('inconclusive');
    });
  });
});

type Change = (given: Evidence) => Evidence;

const onRounds =
  (change: (one: Round) => Round): Change =>
  (given) => ({ ...given, rounds: given.rounds.map(change) });
const onSide = (side: 'target' | 'baseline', change: (one: SideRound) => SideRound): Change =>
  onRounds((one) => ({ ...one, [side]: one[side] && change(one[side]) }));
const onCounters = (side: 'target' | 'baseline', change: (one: Counters) => Counters): Change =>
  onSide(side, (one) => ({
    ...one,
    before: one.before && change(one.before),
    after: one.after && change(one.after),
  }));

/** Everything that may be missing, one by one. */
const losses: Readonly<Record<string, Change>> = {
  'all rounds': (given) => ({ ...given, rounds: [] }),
  'the release': (given) => ({
    ...given,
    target: { ...given.target, first: { kind: 'unreachable', why: 'refused' } },
  }),
  'the release at the end': (given) => ({
    ...given,
    target: { ...given.target, last: { kind: 'unreachable', why: 'refused' } },
  }),
  version: (given) => ({ ...given, target: { ...given.target, version: undefined } }),
  deliveries: (given) => ({ ...given, target: { ...given.target, deliveries: undefined } }),
  'every delivery': (given) => ({ ...given, target: { ...given.target, deliveries: new Map() } }),
  prometheus: onRounds((one) => ({ ...one, prometheus: { why: 'it does not answer' } })),
  ...Object.fromEntries(
    (['target', 'baseline'] as const).flatMap((side) => [
      [`${side}: events`, onSide(side, (one) => ({ ...one, attempts: [] }))],
      [`${side}: nearly all events`, onSide(side, (one) => ({ ...one, attempts: one.attempts.slice(0, 3) }))],
      [`${side}: scrape before`, onSide(side, (one) => ({ ...one, before: undefined }))],
      [`${side}: scrape after`, onSide(side, (one) => ({ ...one, after: undefined }))],
      [`${side}: process`, onCounters(side, (one) => ({ ...one, processStart: undefined }))],
      [`${side}: slos`, onCounters(side, (one) => ({ ...one, slos: new Map() }))],
      [
        `${side}: batches`,
        onCounters(side, (one) => ({ ...one, batches: { ...one.batches, synthetic: undefined } })),
      ],
    ]),
  ),
  limit: (given) =>
    (['target', 'baseline'] as const).reduce(
      (changed, side) =>
        onCounters(side, (one) => ({ ...one, latencyTargets: new Map<string, number>() }))(changed),
      given,
    ),
};

it('says no more than a document has room for', () => {
  const given = evidence([round(1)]);
  const gone = { kind: 'unreachable', why: 'x'.repeat(5_000) } as const;
  const [readiness] = judge({ ...given, target: { ...given.target, first: gone, last: gone } });
  expect(readiness?.detail).toHaveLength(2_000);
});

describe('missing data', () => {
  it.each(Object.keys(losses))('of %s is no pass', (name) => {
    expect(verdictOf(judge(losses[name]!(evidence([round(1)]))))).not.toBe('pass');
    expect(verdictOf(judge(losses[name]!(evidence(twice({})))))).not.toBe('pass');
  });

  it('in no combination passes, whatever else there is', () => {
    const figures = fc.record({
      seconds: fc.double({ min: 0.001, max: 1, noNaN: true }),
      failed: fc.integer({ min: 0, max: events }),
      cheers: fc.integer({ min: 0, max: events }),
      good: fc.nat(1_000),
      bad: fc.nat(1_000),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...Object.keys(losses)), { minLength: 1 }),
        figures,
        figures,
        fc.boolean(),
        (names, target, baseline, second) => {
          const rounds = second ? twice(target, baseline) : [round(1, target, baseline)];
          const lost = names.reduce((given, name) => losses[name]!(given), evidence(rounds));
          expect(verdictOf(judge(lost))).not.toBe('pass');
        },
      ),
      { numRuns: 300 },
    );
  });
});
