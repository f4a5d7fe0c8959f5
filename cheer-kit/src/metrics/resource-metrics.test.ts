import { setTimeout as wait } from 'node:timers/promises';
import { EventLoopDelaySampler } from './event-loop-delay';
import { availableCores, availableMemory } from './process-limits';
import { createRegistry } from './registry';
import { renderMetrics } from './render';
import { createResourceMetrics, type ResourceMetrics } from './resource-metrics';

const registry = createRegistry();
let resources: ResourceMetrics;
beforeAll(() => {
  resources = createResourceMetrics(registry);
});
afterAll(() => resources.stop());

test('our names and the default ones, all finite, none that promtool rejects', async () => {
  const { body } = await renderMetrics(registry, 'text/plain');
  for (const name of [
    'cpu_usage_ratio',
    'memory_usage_bytes{kind="rss"}',
    'memory_usage_bytes{kind="heap_used"}',
    'memory_usage_bytes{kind="limit"}',
    'gc_pause_seconds_count{kind="major"}',
    'gc_pause_seconds_bucket{kind="minor",le="0.5"}',
    'event_loop_lag_seconds',
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_open_fds',
    'process_start_time_seconds',
    'nodejs_heap_size_used_bytes',
    'nodejs_heap_space_size_used_bytes{space="old"}',
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_gc_duration_seconds_count{kind="major"}',
  ]) {
    expect(body).toContain(`\n${name} `);
  }
  expect(body).toContain('\nnodejs_version_info{');
  expect(body).not.toMatch(/nodejs_active_(handles|requests|resources)_total/);
  expect(body).not.toMatch(/ (nan|[+-]?inf)$/im);
  expect(body.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length).toBeLessThan(200);
});

test('a garbage collection is seen', async () => {
  const count = async (): Promise<number> => {
    const { body } = await renderMetrics(registry, 'text/plain');
    return [...body.matchAll(/^gc_pause_seconds_count\{.*\} (\d+)$/gm)].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
  };
  const before = await count();
  const kept: number[][] = [];
  for (let i = 0; i < 200 && (await count()) === before; i++) {
    kept.push(Array.from({ length: 50_000 }, (_, n) => n + i));
    await wait(1);
  }
  expect(await count()).toBeGreaterThan(before);
});

test('a reading has figures beside limits', () => {
  const reading = resources.read();
  expect(reading.rssBytes).toBeGreaterThan(1e6);
  expect(reading.memoryLimitBytes).toBeGreaterThanOrEqual(reading.heapUsedBytes);
  expect(reading.heapLimitBytes).toBeGreaterThan(reading.heapUsedBytes);
  expect(reading.cpuCores).toBeGreaterThanOrEqual(0);
  expect(reading.eventLoopLagSeconds).toBeGreaterThanOrEqual(0);
});

test('a blocked event loop is seen until the window after it is over', async () => {
  const sampler = new EventLoopDelaySampler();
  try {
    expect(sampler.read()).toMatchObject({ max: 0, p99: 0 });
    await wait(30);
    const end = performance.now() + 150;
    while (performance.now() < end);
    await wait(30);
    expect(sampler.read().max).toBeGreaterThan(0.1);
    sampler.rotate();
    expect(sampler.read().max).toBeGreaterThan(0.1);
    sampler.rotate();
    sampler.rotate();
    expect(sampler.read().max).toBeLessThan(0.1);
  } finally {
    sampler.stop();
  }
});

test('limits of the container count', () => {
  expect(availableCores('50000 100000\n')).toBe(0.5);
  const all = availableCores('max 100000\n');
  expect(all).toBeGreaterThanOrEqual(1);
  expect(availableCores('99900000 100000')).toBe(all);
  expect(availableCores('rubbish')).toBe(all);
  expect(availableMemory(1024)).toBe(1024);
  expect(availableMemory(0)).toBe(availableMemory(Number.MAX_SAFE_INTEGER));
});
