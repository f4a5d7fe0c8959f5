import type {
  CheerEvent,
  CheerState,
  CheerVerdict,
  Condition,
  ConditionName,
  FlagView,
  LaneView,
  MissReason,
  PipelineView,
  QueueView,
  Reason,
  ResourcesView,
  ServiceInfo,
  ServiceMode,
  SloView,
  StageView,
} from '@selfcheer/cheer-kit';
import type { QuarantinedEvent, QuarantineReason } from '../../src/event';
import type { RecordedRelease } from '../../src/sidecar/releases-file';
import { someReleases } from './release-scenes';

/** Everything that an AdminView tells, at one moment. */
export interface Scene {
  readonly info: ServiceInfo;
  readonly verdict: CheerVerdict;
  readonly mode: { readonly mode: ServiceMode; readonly since: number };
  readonly slo: readonly SloView[];
  readonly pipeline: PipelineView;
  readonly resources: ResourcesView | undefined;
  readonly events: readonly CheerEvent[];
  readonly flags: readonly FlagView[];
  readonly quarantine: readonly QuarantinedEvent[];
  /** Oldest first. */
  readonly releases: readonly RecordedRelease[];
}

export const second = 1000;
export const minute = 60 * second;
export const ago = (ms: number): number => Date.now() - ms;

export const info = (over: Partial<ServiceInfo> = {}): ServiceInfo => ({
  service: 'exporter',
  version: '0.1.0',
  track: 'stable',
  sink: 'kafka',
  topic: 'events',
  startedAt: ago(193 * minute),
  ...over,
});

const wellConditions: Readonly<Record<ConditionName, Condition>> = {
  error_budget: {
    name: 'error_budget',
    ok: true,
    figure: 0.94,
    limit: 0.1,
    unit: 'ratio',
    since: ago(41 * minute),
    detail: '94 % of the budget of delivery is left (251 of 4182581 events were bad); floor 10 %',
  },
  latency: {
    name: 'latency',
    ok: true,
    figure: 0.0042,
    limit: 0.1,
    unit: 'seconds',
    since: ago(41 * minute),
    detail: 'p90 is 4.2 ms; target 100 ms',
  },
  saturation: {
    name: 'saturation',
    ok: true,
    figure: 0.12,
    limit: 0.7,
    unit: 'ratio',
    since: ago(41 * minute),
    detail: 'queue outbox is 12 % full; ceiling 70 %',
  },
  age: {
    name: 'age',
    ok: true,
    figure: 0.21,
    limit: 1,
    unit: 'seconds',
    since: ago(41 * minute),
    detail: 'oldest item in queue outbox is 210 ms old; target 1 s',
  },
  breakers: {
    name: 'breakers',
    ok: true,
    figure: 0,
    limit: 0,
    unit: 'count',
    since: ago(41 * minute),
    detail: 'no breaker is open',
  },
};

export const conditions = (over: readonly Condition[] = []): Condition[] =>
  Object.values(wellConditions).map((well) => over.find(({ name }) => name === well.name) ?? well);

export const verdict = (state: CheerState, over: Partial<CheerVerdict> = {}): CheerVerdict => ({
  state,
  score: 94,
  idle: false,
  since: ago(41 * minute),
  reasons: [],
  conditions: conditions(),
  errorBudgetRemaining: 0.94,
  cheersTotal: 18_204,
  missesTotal: 11,
  ...over,
});

export const slo = (
  budgets: readonly [number, number, number] = [0.98, 0.97, 0.94],
  good = 4_182_330,
): SloView[] => [
  {
    name: 'ingest-availability',
    description: 'Not refused and not failed for our reasons',
    objective: 0.999,
    windowSeconds: 3600,
    good,
    bad: spent(good, 0.001, budgets[0]),
    budgetRemaining: budgets[0],
    burnRates: burnRates(good, 0.001, budgets[0]),
  },
  {
    name: 'ingest-latency',
    description: 'Acknowledged within 120 ms',
    objective: 0.99,
    windowSeconds: 3600,
    good,
    bad: spent(good, 0.01, budgets[1]),
    budgetRemaining: budgets[1],
    burnRates: burnRates(good, 0.01, budgets[1]),
  },
  {
    name: 'delivery',
    description: 'Accepted to broker-acknowledged within 1 s',
    objective: 0.999,
    windowSeconds: 3600,
    good,
    bad: spent(good, 0.001, budgets[2]),
    budgetRemaining: budgets[2],
    burnRates: burnRates(good, 0.001, budgets[2]),
  },
];

/** The last five minutes burn twice as fast as the hour; the process is three hours old. */
function burnRates(good: number, budget: number, remaining: number): SloView['burnRates'] {
  const windows = [
    { windowSeconds: 300, coveredSeconds: 300, hours: 1 / 12, factor: 2 },
    { windowSeconds: 3600, coveredSeconds: 3600, hours: 1, factor: 1 },
    { windowSeconds: 21_600, coveredSeconds: 10_800, hours: 3, factor: 0.5 },
  ];
  return windows.map(({ hours, factor, ...window }) => {
    const bad = Math.round(spent(good, budget, remaining) * hours * factor);
    const events = Math.round(good * hours) + bad;
    const rate = events > 0 && { rate: bad / events / budget };
    return { ...window, good: events - bad, bad, ...rate };
  });
}

function spent(good: number, budget: number, remaining: number): number {
  return Math.round(good * budget * (1 - remaining));
}

export const stages = (rate: number, slow = 1, total = 4_182_330): StageView[] => [
  { name: 'ingest', rate, total, latency: { p50: 0.0011, p90: 0.0042, p99: 0.0117 } },
  { name: 'commit', rate, total, latency: { p50: 0.0008, p90: 0.0021, p99: 0.0083 } },
  {
    name: 'enrich',
    rate: rate * 0.998,
    total: total - 210,
    latency: { p50: 0.00004, p90: 0.0001, p99: 0.0006 },
  },
  {
    name: 'publish',
    rate: (rate * 0.998) / slow,
    total: total - 412,
    latency: { p50: 0.0064 * slow, p90: 0.018 * slow, p99: 0.061 * slow },
  },
];

export const queues = (outbox = 0.12, age?: number): QueueView[] => [
  { name: 'commit', depth: 3_210_240, capacity: 67_108_864, unit: 'bytes', ceiling: 0.7 },
  {
    name: 'outbox',
    depth: Math.round(outbox * 8_589_934_592),
    capacity: 8_589_934_592,
    unit: 'bytes',
    ceiling: 0.7,
    ageTarget: 1,
    oldestAge: age ?? 0.21,
  },
  {
    name: 'publish',
    depth: 1200,
    capacity: 8000,
    unit: 'events',
    ceiling: 0.7,
    oldestAge: 0.08,
    ageTarget: 1,
  },
];

export const lanes = (state: LaneView['state'] = 'sending', pending = 60): LaneView[] =>
  Array.from({ length: 16 }, (_, lane) => ({
    lane,
    pending: lane % 3 === 0 && state === 'sending' ? 0 : pending + lane * 7,
    state: lane % 3 === 0 && state === 'sending' ? 'idle' : state,
    ...(state === 'waiting' && { detail: 'broker unavailable' }),
  }));

export const pipeline = (over: Partial<PipelineView> = {}): PipelineView => ({
  stages: stages(12_410),
  queues: queues(),
  breakers: [{ downstream: 'kafka', state: 'closed', since: ago(193 * minute) }],
  lanes: lanes(),
  ...over,
});

const resources: ResourcesView = {
  cpuCores: 0.61,
  rssBytes: 212_000_000,
  heapUsedBytes: 88_400_000,
  heapLimitBytes: 2_197_815_296,
  eventLoopLag: 0.0031,
  gcPauseP99: 0.0042,
  gcTimeRatio: 0.011,
  storeBytes: 1_030_792_151,
  storeQuotaBytes: 8_589_934_592,
  diskFreeBytes: 48_318_382_080,
};

export const stateEvent = (
  sequence: number,
  msAgo: number,
  state: CheerState,
  detail: string,
): CheerEvent => ({
  sequence,
  at: ago(msAgo),
  kind: 'state',
  title: state,
  detail,
  state,
});
export const missEvent = (
  sequence: number,
  msAgo: number,
  reason: MissReason,
  detail: string,
): CheerEvent => ({
  sequence,
  at: ago(msAgo),
  kind: 'miss',
  title: `missed: ${reason}`,
  detail,
  reason,
});

export const history: readonly CheerEvent[] = [
  stateEvent(1, 193 * minute, 'warming', 'started'),
  stateEvent(2, 192 * minute, 'green', 'all conditions hold'),
  missEvent(3, 58 * minute, 'latency', 'batch of 500 events on lane 4 settled in 1.31 s, target 1 s'),
  missEvent(4, 52 * minute, 'timeout', 'batch of 212 events on lane 9 was not answered within 10 s'),
  stateEvent(5, 51 * minute, 'yellow', 'the oldest unsettled event waits 10.4 s, target 1 s'),
  {
    sequence: 6,
    at: ago(47 * minute),
    kind: 'quarantine',
    phase: 'quarantined',
    title: 'Quarantined: schema at step quake-schema',
    detail: '1 event: /properties/mag must be number (event us7000nn44)',
  },
  stateEvent(7, 41 * minute, 'green', 'all conditions hold for 30 s'),
];

export const quarantined = (
  number: number,
  id: string,
  reason: QuarantineReason,
  step: string,
  detail: string,
): QuarantinedEvent => ({
  number,
  event: {
    lane: 4,
    seq: 1000 + number,
    id,
    source: '/selfcheer/exporter',
    type: 'earthquake',
    key: id,
    timestamp: ago(50 * minute),
    acceptedAt: ago(49 * minute),
    tenant: 'default',
    traffic: 'real',
    trace: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
    base64: false,
    revision: 1,
    payload: Buffer.from(
      `{"place": "12 km NW of The Geysers, CA", "mag": "strong", "id": ${JSON.stringify(id)}}`,
    ),
  },
  verdict: { reason, step, detail },
  attempts: 1,
  quarantinedAt: ago(47 * minute - number * second * 40),
  firstQuarantinedAt: ago(47 * minute - number * second * 40),
});

const someQuarantined = [
  quarantined(1, 'us7000nn44', 'schema', 'quake-schema', '/properties/mag must be number'),
  quarantined(
    2,
    'nc75095651',
    'too_large',
    'publish',
    'the broker takes records up to 1,048,588 bytes, this one has 1,204,113',
  ),
  quarantined(
    3,
    'ak0247c6ug2o',
    'expression',
    'region',
    'expression result is not JSON: it has a function at $.region',
  ),
];

export const reason = (code: Reason['code'], msAgo: number, detail: string): Reason => ({
  code,
  detail,
  since: ago(msAgo),
});

export const base = (over: Partial<Scene> = {}): Scene => ({
  info: info(),
  verdict: verdict('green'),
  mode: { mode: 'normal', since: ago(2 * 60 * minute) },
  slo: slo(),
  pipeline: pipeline(),
  resources,
  events: history,
  flags: [
    {
      flag: 'health-cheer',
      variant: 'on',
      value: true,
      reason: 'STATIC',
      description: 'Whether the cheer is judged at all.',
    },
  ],
  quarantine: someQuarantined,
  releases: someReleases(3),
  ...over,
});

export const late: Condition = {
  name: 'latency',
  ok: false,
  figure: 0.184,
  limit: 0.1,
  unit: 'seconds',
  since: ago(4 * minute),
  detail: 'p90 is 184 ms; target 100 ms',
};
export const old: Condition = {
  name: 'age',
  ok: false,
  figure: 14.2,
  limit: 1,
  unit: 'seconds',
  since: ago(4 * minute),
  detail: 'oldest item in queue outbox is 14.2 s old; target 1 s',
};
export const full: Condition = {
  name: 'saturation',
  ok: false,
  figure: 0.93,
  limit: 0.7,
  unit: 'ratio',
  since: ago(4 * minute),
  detail: 'queue outbox is 93 % full; ceiling 70 %',
};
export const open: Condition = {
  name: 'breakers',
  ok: false,
  figure: 1,
  limit: 0,
  unit: 'count',
  since: ago(4 * minute),
  detail: 'the breaker of kafka is open; none may be',
};
export const spending: Condition = {
  name: 'error_budget',
  ok: true,
  figure: 0.41,
  limit: 0.1,
  unit: 'ratio',
  since: ago(41 * minute),
  detail: '41 % of the budget of delivery is left (2468 of 4184798 events were bad); floor 10 %',
};
export const overspent: Condition = {
  name: 'error_budget',
  ok: false,
  figure: -0.62,
  limit: 0.1,
  unit: 'ratio',
  since: ago(4 * minute),
  detail: 'the budget of delivery is overspent 1.62× (6775 of 4182330 events were bad); floor 10 %',
};

export function idleConditions(): Condition[] {
  return Object.values(wellConditions).map(({ figure: _, ...well }) =>
    well.name === 'breakers' || well.name === 'saturation'
      ? { ...well, figure: 0 }
      : { ...well, detail: 'no events in the window' },
  );
}

export function idleStages(total = 0): StageView[] {
  return stages(0, 1, total).map(({ name, rate, total: count }) => ({
    name,
    rate,
    total: Math.max(0, count),
  }));
}
