import fc from 'fast-check';
import { Histogram } from 'prom-client';
import { latencyBuckets } from '../latency-window';
import { LatencyHistogram } from './latency-histogram';
import { createRegistry } from './registry';

const description = { name: 'wait_seconds', help: 'Waiting.', labelNames: ['route'] as const };

test("counts as prom-client's own histogram does, observation by observation", async () => {
  const observation = fc.record({
    route: fc.constantFrom('/a', '/b"'),
    // Whole milliseconds: the sums are compared as text.
    seconds: fc.oneof(fc.nat(200), fc.nat(10_000)).map((ms) => ms / 1024),
    count: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [ours, theirs] = [createRegistry(), createRegistry()];
      const buckets = [...latencyBuckets()];
      const fast = new LatencyHistogram(ours, { ...description, buckets });
      const plain = new Histogram({ ...description, buckets, registers: [theirs] });
      for (const { route, seconds, count } of observations) {
        fast.series({ route }).observeMany(seconds, count);
        for (let i = 0; i < count; i++) plain.observe({ route }, seconds);
      }
      const [actual, expected] = await Promise.all([ours.metrics(), theirs.metrics()]);
      const sorted = (text: string): string[] =>
        text
          .replace(/le="([^"]*)",(route="[^}]*")/g, '$2,le="$1"')
          .split('\n')
          .sort();
      expect(sorted(actual)).toEqual(sorted(expected));
    }),
    { numRuns: 30 },
  );
});

test('a target counts as met; what is no number or no event is left out', async () => {
  const registry = createRegistry();
  const series = new LatencyHistogram(registry, { ...description, buckets: [0.1, 1] }).series({ route: '/' });
  series.observe(0.1);
  series.observe(NaN);
  series.observe(Infinity);
  series.observeMany(5, 0);
  series.observe(7);
  const text = await registry.metrics();
  expect(text).toContain('le="0.1"} 1\n');
  expect(text).toContain('le="1"} 1\n');
  expect(text).toContain('le="+Inf"} 2\n');
  expect(text).toContain('wait_seconds_sum{route="/"} 7.1\n');
});

test('each bucket keeps its latest exemplar', async () => {
  const registry = createRegistry();
  const series = new LatencyHistogram(registry, { ...description, buckets: [0.1, 1] }).series({ route: '/' });
  series.observe(0.05, 'a1');
  series.observe(0.06, 'a2');
  series.observe(0.07);
  series.observe(3, 'c1');
  const text = await registry.metrics();
  expect(text).toMatch(/le="0.1"\} 3 # \{trace_id="a2"\} 0.06 /);
  expect(text).toMatch(/le="1"\} 3\n/);
  expect(text).toMatch(/le="\+Inf"\} 4 # \{trace_id="c1"\} 3 /);
  expect(text).not.toContain('a1');
});

test('a name can be taken only once', () => {
  const registry = createRegistry();
  new LatencyHistogram(registry, { ...description, buckets: [1] });
  expect(() => new LatencyHistogram(registry, { ...description, buckets: [1] })).toThrow(
    'already been registered',
  );
});
