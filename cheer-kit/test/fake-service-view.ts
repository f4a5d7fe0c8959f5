import type { CheerEvent, CheerVerdict, ServiceView } from '../src';

/** A ServiceView over plain data: a service that is green and publishes nothing. */
export interface FakeServiceView extends ServiceView {
  /** Adds a cheer event to the ring and tells the listeners. */
  emit(event: Omit<CheerEvent, 'sequence'>): void;
  readonly listeners: ReadonlySet<(event: CheerEvent) => void>;
}

export const startedAt = Date.UTC(2026, 0, 1);

export const greenVerdict: CheerVerdict = {
  state: 'green',
  score: 94,
  idle: false,
  since: startedAt + 3_000,
  reasons: [],
  conditions: [
    {
      ...{ name: 'error_budget', ok: true, figure: 0.94, limit: 0.1, unit: 'ratio', since: startedAt },
      detail: '94 % is left; floor 10 %',
    },
    {
      ...{ name: 'latency', ok: true, limit: 0.1, unit: 'seconds', since: startedAt },
      detail: 'no events in the last 5 minutes',
    },
  ],
  errorBudgetRemaining: 0.94,
  cheersTotal: 18_204,
  missesTotal: 11,
};

function ring(): CheerEvent[] {
  return Array.from({ length: 7 }, (_, index) => ({
    sequence: index + 1,
    at: startedAt + 3_000 + index,
    kind: 'miss',
    reason: 'latency',
    phase: 'flagged',
    title: 'Flagged: late',
    detail: `batch ${index + 1} took 1.2 s`,
  }));
}

export function fakeServiceView(overrides: Partial<ServiceView> = {}): FakeServiceView {
  const events = ring();
  const listeners = new Set<(event: CheerEvent) => void>();
  return {
    info: { service: 'shop', version: '1.2.3', track: 'canary', startedAt },
    verdict: () => greenVerdict,
    mode: () => ({ mode: 'normal', since: startedAt }),
    slo: () => [
      {
        name: 'http-availability',
        description: 'Requests are answered',
        objective: 0.999,
        windowSeconds: 3600,
        good: 0,
        bad: 0,
        budgetRemaining: 1,
        burnRates: [{ windowSeconds: 300, coveredSeconds: 42, good: 0, bad: 0 }],
      },
    ],
    pipeline: () => ({
      stages: [],
      queues: [{ name: 'jobs', depth: 1, capacity: 10, unit: 'events', ceiling: 0.7 }],
      breakers: [{ downstream: 'stock', state: 'half_open', since: startedAt }],
      lanes: [],
    }),
    resources: () => undefined,
    events: (since) => events.filter(({ sequence }) => sequence > since),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flags: () => [{ flag: 'health-cheer', variant: 'on', value: true, reason: 'STATIC' }],
    metrics: (accept) => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: `# ${accept}\n` }),
    liveness: () => ({ ok: true }),
    readiness: () => Promise.resolve({ ok: true }),
    health: () => Promise.resolve({ status: 'ok', timestamp: '2026-01-01T00:00:00.000Z', checks: {} }),
    emit: (event) => {
      const numbered = { ...event, sequence: (events.at(-1)?.sequence ?? 0) + 1 };
      events.push(numbered);
      for (const listener of listeners) listener(numbered);
    },
    listeners,
    ...overrides,
  };
}
