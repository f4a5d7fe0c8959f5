import {
  ago,
  base,
  conditions,
  full,
  history,
  idleConditions,
  idleStages,
  info,
  lanes,
  late,
  minute,
  missEvent,
  old,
  open,
  overspent,
  pipeline,
  quarantined,
  queues,
  reason,
  second,
  slo,
  spending,
  stages,
  stateEvent,
  verdict,
  type Scene,
} from './admin-scene-parts';
import { hostileRelease, someReleases } from './release-scenes';

const hostile =
  '<img src=x onerror="document.title=1">\u202Egnp.exe\u0000 ${7*7} </script><script>alert(1)</script>';

/** The states in which the page must be right, by name. */
export const scenes = {
  green: () => base(),
  yellow: () =>
    base({
      verdict: verdict('yellow', {
        score: 33,
        since: ago(4 * minute + 12 * second),
        reasons: [
          reason('age', 4 * minute + 12 * second, old.detail),
          reason('latency', 95 * second, late.detail),
        ],
        conditions: conditions([late, old, spending]),
        errorBudgetRemaining: 0.41,
        missesTotal: 129,
      }),
      slo: slo([0.88, 0.63, 0.41]),
      pipeline: pipeline({
        stages: stages(12_410, 14),
        queues: queues(0.31, 14.2),
        breakers: [{ downstream: 'kafka', state: 'half_open', since: ago(12 * second) }],
      }),
      events: [
        ...history,
        missEvent(8, 5 * minute, 'latency', 'batch of 500 events on lane 4 settled in 3.02 s, target 1 s'),
        stateEvent(9, 4 * minute + 12 * second, 'yellow', old.detail),
      ],
    }),
  red: () =>
    base({
      mode: { mode: 'refusing', since: ago(3 * minute) },
      verdict: verdict('red', {
        score: 0,
        since: ago(11 * minute + 3 * second),
        reasons: [
          reason('refusing', 3 * minute, 'the outbox is full'),
          reason('error_budget', 11 * minute, overspent.detail),
          reason('saturation', 5 * minute, full.detail),
          reason('breakers', 14 * minute, open.detail),
          reason('age', 14 * minute, old.detail),
        ],
        conditions: conditions([old, full, open, overspent]),
        errorBudgetRemaining: -0.62,
        missesTotal: 3_480,
      }),
      slo: slo([0.05, 0.71, -0.62]),
      pipeline: pipeline({
        stages: [
          ...stages(310).slice(0, 2),
          { name: 'enrich', rate: 0, total: 4_100_000 },
          { name: 'publish', rate: 0, total: 4_099_800 },
        ],
        queues: queues(0.93, 840),
        breakers: [{ downstream: 'kafka', state: 'open', since: ago(14 * minute) }],
        lanes: lanes('waiting', 51_200),
      }),
      events: [
        ...history,
        missEvent(8, 14 * minute, 'downstream', 'kafka: connection refused; 500 events on lane 2 wait'),
        stateEvent(9, 14 * minute, 'yellow', open.detail),
        stateEvent(10, 11 * minute, 'red', 'error budget of delivery is spent'),
      ],
    }),
  overspent: () =>
    base({
      verdict: verdict('red', {
        score: 0,
        since: ago(40 * second),
        reasons: [
          reason(
            'error_budget',
            40 * second,
            'the budget of delivery is overspent 1000× (412 of 412 events were bad); floor 10 %',
          ),
          reason('breakers', 3 * minute, 'the breaker of kafka was open; well again, held for 12 s more'),
        ],
        conditions: conditions([{ ...overspent, figure: -999 }, old]),
        errorBudgetRemaining: -999,
      }),
      slo: slo([0.98, 0.97, -999], 412),
      pipeline: pipeline({ queues: queues(0.0001, 14.2) }),
      events: [
        ...history,
        {
          sequence: 8,
          at: ago(minute),
          kind: 'quarantine',
          title: 'Replayed from quarantine',
          detail: 'event us7000nn44 (number 4), by anonymous',
        },
      ],
    }),
  degraded: () =>
    base({
      verdict: verdict('yellow', {
        score: 69,
        since: ago(40 * second),
        reasons: [
          reason('degraded', 40 * second, 'shedding requests of low priority: 1204 in the last 10 s'),
        ],
      }),
      mode: { mode: 'degraded', since: ago(40 * second) },
    }),
  draining: () =>
    base({
      mode: { mode: 'draining', since: ago(3 * second) },
      verdict: verdict('yellow', {
        score: 50,
        since: ago(3 * second),
        reasons: [reason('draining', 3 * second, 'draining: SIGTERM')],
      }),
    }),
  warming: () =>
    base({
      info: info({ startedAt: ago(6 * second), sink: 'log' }),
      verdict: verdict('warming', {
        score: null,
        since: ago(6 * second),
        idle: true,
        cheersTotal: 0,
        missesTotal: 0,
        errorBudgetRemaining: 1,
        conditions: idleConditions(),
      }),
      slo: slo([1, 1, 1], 0),
      pipeline: pipeline({
        stages: idleStages(),
        queues: queues(0, 0).map((queue) => ({ ...queue, depth: 0 })),
        breakers: [{ downstream: 'log', state: 'closed', since: ago(6 * second) }],
        lanes: lanes('idle', 0).map((lane) => ({ ...lane, pending: 0 })),
      }),
      events: [stateEvent(1, 6 * second, 'warming', 'started')],
      quarantine: [],
      releases: [],
    }),
  idle: () =>
    base({
      verdict: verdict('green', {
        score: 100,
        idle: true,
        errorBudgetRemaining: 1,
        conditions: idleConditions(),
      }),
      slo: slo([1, 1, 1], 0),
      pipeline: pipeline({
        stages: idleStages(4_182_330),
        queues: queues(0, 0).map((queue) => ({ ...queue, depth: 0 })),
        lanes: lanes('idle', 0).map((lane) => ({ ...lane, pending: 0 })),
      }),
      quarantine: [],
      releases: [],
    }),
  disabled: () =>
    base({
      verdict: verdict('disabled', { score: null, since: ago(18 * minute) }),
      events: [
        ...history,
        {
          sequence: 8,
          at: ago(18 * minute),
          kind: 'flag',
          title: 'health-cheer off',
          detail: 'switched off by flags/flagd.json',
        },
      ],
    }),
  huge: () =>
    base({
      info: info({
        service: 'the-service-with-a-name-that-somebody-generated-from-a-repository-path',
        track: 'canary',
        topic: 'a-topic-with-a-rather-long-name.v12',
        version: '12.104.9-rc.20261121+build.88123',
      }),
      releases: someReleases(100),
      verdict: verdict('green', { cheersTotal: 918_273_645_546, missesTotal: 12_345_678 }),
      slo: slo([0.98, 0.97, 0.94], 9_007_199_254_740_991),
      pipeline: pipeline({
        stages: stages(1_234_567.8, 400, 9_007_199_254_740_991),
        queues: queues(0.69, 86_400 * 3),
        lanes: Array.from({ length: 256 }, (_, lane) => ({ lane, pending: lane * 31_337, state: 'sending' })),
      }),
    }),
  hostile: () =>
    base({
      info: info({ service: hostile, topic: hostile, version: hostile }),
      verdict: verdict('yellow', {
        score: 50,
        reasons: [reason('age', minute, hostile)],
        conditions: conditions([{ ...old, detail: hostile }]),
      }),
      slo: slo().map((each) => ({ ...each, name: hostile, description: hostile })),
      pipeline: pipeline({
        breakers: [{ downstream: hostile, state: 'open', since: ago(minute) }],
        lanes: [{ lane: 0, pending: 1, state: 'waiting', detail: hostile }],
      }),
      events: [{ sequence: 1, at: ago(minute), kind: 'miss', title: hostile, detail: hostile }],
      releases: [hostileRelease(1, 'w'.repeat(300)), hostileRelease(2, hostile)],
      quarantine: [
        quarantined(1, hostile, 'schema', hostile, hostile),
        quarantined(2, 'x'.repeat(400), 'bug', 'step', 'y'.repeat(800)),
      ],
    }),
} as const satisfies Readonly<Record<string, () => Scene>>;

export type SceneName = keyof typeof scenes;
