import { CheerEngine } from '../cheer-engine';
import { ManualClock } from '../clock';
import { createRegistry } from '../metrics/registry';
import { createResilienceMetrics } from '../metrics/resilience-metrics';
import { createDownstream } from './downstream';
import { downstreamMetrics } from './downstream-metrics';
import { HttpError } from './errors';

test('a downstream’s events become metrics, and its breaker a reason of the cheer', async () => {
  const clock = new ManualClock();
  const engine = new CheerEngine({
    slos: [],
    queues: [],
    downstreams: ['geo'],
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    clock,
  });
  const registry = createRegistry();
  const { retried } = createResilienceMetrics(registry, engine, {
    ...{ queues: [], quarantineReasons: [], version: '0', track: 'stable' },
  });
  const called = jest.fn();
  const downstream = createDownstream({
    ...{ name: 'geo', clock, breaker: { minimumCalls: 2 }, retry: { attempts: 2, minMs: 0, maxMs: 0 } },
  });
  downstream.subscribe(downstreamMetrics({ engine, retried, called }));
  const call = downstream.call(() => Promise.reject(new HttpError(503)), { fallback: () => 'cached' });
  await expect(call).resolves.toBe('cached');
  // The breaker is open: nothing is tried, so nothing is counted.
  await expect(downstream.call(async () => 'answer')).rejects.toThrow(/breaker/);

  expect(called.mock.calls).toEqual([
    ['geo', 'unavailable'],
    ['geo', 'unavailable'],
  ]);
  expect(engine.verdict().reasons).toMatchObject([{ code: 'breakers' }]);
  const text = await registry.metrics();
  expect(text).toContain('cheer_retries_total 1');
  expect(text).toContain('cheer_breaker_state{downstream="geo",state="open"} 1');
  expect(text).toContain('cheer_breaker_transitions_total 1');
});
