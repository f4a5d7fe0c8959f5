import { Counter, Gauge } from 'prom-client';
import { LatencyHistogram } from './latency-histogram';
import { createRegistry } from './registry';
import { prefersOpenMetrics, renderMetrics, toPlainText } from './render';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

function registryWithEverything() {
  const registry = createRegistry();
  const registers = [registry];
  new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'], registers }).inc(
    { queue: 'a"b\\c\n # {d} 1' },
    3,
  );
  new Gauge({ name: 'fill_ratio', help: 'How full\nit is, counter', registers }).set(0.25);
  const histogram = new LatencyHistogram(registry, {
    name: 'wait_seconds',
    help: 'Waiting.',
    labelNames: ['route'],
    buckets: [0.1, 1],
  });
  histogram.series({ route: '/x # {y="z"}' }).observeMany(0.5, 2, traceId);
  return registry;
}

test.each([
  [
    'Prometheus 2',
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    true,
  ],
  [
    'Prometheus told to prefer text',
    'text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5',
    false,
  ],
  ['equal', 'text/plain, application/openmetrics-text', true],
  ['upper case and blanks', 'Application/OpenMetrics-Text ; Q=0.5', true],
  ['a browser', 'text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['curl', '*/*', false],
  ['refused by name', 'application/openmetrics-text;q=0, */*', false],
  ['a weight that is none', 'application/openmetrics-text;q=x', false],
  ['nothing', undefined, false],
  ['empty', '', false],
])('%s', (_who, accept, openMetrics) => {
  expect(prefersOpenMetrics(accept)).toBe(openMetrics);
});

test('OpenMetrics: counters by family name, exemplars, EOF', async () => {
  const { contentType, body } = await renderMetrics(registryWithEverything(), 'application/openmetrics-text');
  expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  expect(body.split('\n')).toEqual([
    '# HELP jobs Jobs.',
    '# TYPE jobs counter',
    'jobs_total{queue="a\\"b\\\\c\\n # {d} 1"} 3',
    '# HELP fill_ratio How full\\nit is, counter',
    '# TYPE fill_ratio gauge',
    'fill_ratio 0.25',
    '# HELP wait_seconds Waiting.',
    '# TYPE wait_seconds histogram',
    'wait_seconds_bucket{route="/x # {y=\\"z\\"}",le="0.1"} 0',
    expect.stringMatching(
      /^wait_seconds_bucket\{route="\/x # \{y=\\"z\\"\}",le="1"\} 2 # \{trace_id="4bf92f3577b34da6a3ce929d0e0e4736"\} 0\.5 \d+(\.\d+)?$/,
    ),
    'wait_seconds_bucket{route="/x # {y=\\"z\\"}",le="+Inf"} 2',
    'wait_seconds_sum{route="/x # {y=\\"z\\"}"} 1',
    'wait_seconds_count{route="/x # {y=\\"z\\"}"} 2',
    '# EOF',
    '',
  ]);
});

test('plain text: _total in HELP and TYPE, no exemplar, no EOF, the same at every scrape', async () => {
  const registry = registryWithEverything();
  const { contentType, body } = await renderMetrics(registry, 'text/plain');
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(body.split('\n')).toEqual([
    '# HELP jobs_total Jobs.',
    '# TYPE jobs_total counter',
    'jobs_total{queue="a\\"b\\\\c\\n # {d} 1"} 3',
    '# HELP fill_ratio How full\\nit is, counter',
    '# TYPE fill_ratio gauge',
    'fill_ratio 0.25',
    '# HELP wait_seconds Waiting.',
    '# TYPE wait_seconds histogram',
    'wait_seconds_bucket{route="/x # {y=\\"z\\"}",le="0.1"} 0',
    'wait_seconds_bucket{route="/x # {y=\\"z\\"}",le="1"} 2',
    'wait_seconds_bucket{route="/x # {y=\\"z\\"}",le="+Inf"} 2',
    'wait_seconds_sum{route="/x # {y=\\"z\\"}"} 1',
    'wait_seconds_count{route="/x # {y=\\"z\\"}"} 2',
    '',
  ]);
  await renderMetrics(registry, 'application/openmetrics-text');
  expect((await renderMetrics(registry, 'text/plain')).body).toBe(body);
});

test('an empty registry is an empty page', () => {
  expect(toPlainText('\n# EOF\n')).toBe('\n');
});
