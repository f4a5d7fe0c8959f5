import { CheerEngine } from '../cheer-engine';
import { ManualClock } from '../clock';
import { Health } from '../health';
import { createRegistry } from '../metrics/registry';
import { createResourceMetrics, type ResourceMetrics } from '../metrics/resource-metrics';
import { RecentEvents } from '../recent-events';
import { createServiceView, type LocalServiceView } from './create-service-view';

let resources: ResourceMetrics;
let engine: CheerEngine;
let recent: RecentEvents;
let health: Health;
let view: LocalServiceView;

beforeEach(async () => {
  const clock = new ManualClock();
  const registry = createRegistry();
  resources = createResourceMetrics(registry);
  engine = new CheerEngine({
    slos: [{ name: 'availability', description: 'Answered', objective: 0.99, minBadEvents: 1 }],
    queues: ['jobs', 'disk'],
    downstreams: ['stock'],
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    clock,
  });
  recent = await RecentEvents.open({ onProblem: fail, clock });
  health = new Health({
    checks: { db: () => ({ status: 'failed', detail: 'away' }) },
    readiness: ['db'],
    clock,
  });
  view = createServiceView({
    info: { service: 'shop', version: '1', track: 'stable', startedAt: clock.now() },
    ...{ engine, recent, health, registry, resources },
    flags: () => [{ flag: 'fast', variant: 'off', value: false }],
    queuesInBytes: ['disk'],
  });
});
afterEach(() => resources.stop());

function fail(error: Error): never {
  throw error;
}

test('queues have their unit, their ceiling, and an age when there is one', () => {
  engine.setQueue('jobs', { depth: 3, capacity: 10, oldestAgeSeconds: 0 });
  engine.setQueue('disk', { depth: 9, capacity: 100, oldestAgeSeconds: 2, ageTargetSeconds: 5 });
  expect(view.pipeline()).toEqual({
    stages: [],
    queues: [
      { name: 'jobs', depth: 3, capacity: 10, unit: 'events', ceiling: 0.7 },
      { name: 'disk', depth: 9, capacity: 100, unit: 'bytes', ceiling: 0.7, oldestAge: 2, ageTarget: 5 },
    ],
    breakers: [expect.objectContaining({ downstream: 'stock', state: 'closed' })],
    lanes: [],
  });
});

test('it shows what the parts say now', async () => {
  engine.recordSlo('availability', 90, 10);
  engine.setBreaker('stock', 'open');
  engine.setRefusing('full');
  expect(view.slo()).toMatchObject([{ name: 'availability', objective: 0.99, good: 90, bad: 10 }]);
  expect(view.pipeline().breakers).toMatchObject([{ state: 'open' }]);
  expect(view.verdict()).toBe(engine.verdict());
  expect(view.mode()).toMatchObject({ mode: 'refusing' });
  expect(view.flags()).toMatchObject([{ flag: 'fast' }]);
  expect(view.quarantined).toBeUndefined();
  expect(await view.readiness()).toEqual({ ok: false, detail: 'failed: db' });
  expect(view.liveness()).toEqual({ ok: true });
  expect((await view.health()).checks).toMatchObject({ db: { status: 'failed' } });
  expect((await view.metrics('application/openmetrics-text')).body).toMatch(/# EOF/);
  expect(view.resources()).toMatchObject({
    rssBytes: expect.any(Number),
    heapLimitBytes: expect.any(Number),
  });
});

test('it tells each recent event once', () => {
  const told: number[] = [];
  const stop = view.subscribe(({ sequence }) => told.push(sequence));
  recent.add({ kind: 'flag', title: 'a', detail: '' });
  recent.add({ kind: 'flag', title: 'b', detail: '' });
  stop();
  recent.add({ kind: 'flag', title: 'c', detail: '' });
  expect(told).toEqual([1, 2]);
  expect(view.events(1).map(({ title }) => title)).toEqual(['b', 'c']);
});
