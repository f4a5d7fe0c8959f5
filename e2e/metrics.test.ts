import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { flightRows } from './helpers/datasets';
import { ExporterProcess } from './helpers/exporter-process';
import { Prometheus } from './helpers/prometheus';
import { ReflectedClient } from './helpers/reflected-client';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** DESIGN, section 8: what dashboards, rules and the panel hold on to. Histograms by their base names. */
const contract = `
  cheer_slo_events_total cheer_slo_objective_ratio cheer_slo_min_bad_events cheer_latency_target_seconds
  cheer_health_latency_target_seconds cheer_health_budget_floor_ratio cheer_health_saturation_ceiling_ratio
  cheer_health cheer_state cheer_score cheer_condition cheer_error_budget_remaining_ratio cheer_batches_total
  cheer_cheers_total cheer_missed_total cheer_batch_duration_seconds cheer_recovery_seconds cheer_state_changes_total
  cheer_queue_depth cheer_queue_capacity cheer_queue_oldest_age_seconds cheer_queue_age_target_seconds
  cheer_breaker_state cheer_breaker_transitions_total cheer_retries_total cheer_shed_total cheer_quarantined_events
  cheer_quarantined_total cheer_dedupe_window_seconds cheer_storage_free_bytes cheer_storage_size_bytes
  cheer_build_info feature_flag_info
  ingests_total ingest_latency_seconds http_requests_total http_request_duration_seconds grpc_server_handled_total
  grpc_server_handling_seconds
  events_in_flushed_total events_enriched_total events_published_total downstream_success_total
  downstream_calls_total stage_duration_seconds
  cpu_usage_ratio memory_usage_bytes gc_pause_seconds event_loop_lag_seconds store_bytes
  process_cpu_seconds_total process_resident_memory_bytes nodejs_eventloop_lag_seconds nodejs_heap_size_used_bytes
  nodejs_version_info`
  .trim()
  .split(/\s+/);

/** Described, but without a series as long as no feature flag is configured. */
const mayBeEmpty = new Set(['feature_flag_info']);

let exporter: ExporterProcess;
let plain: string;

async function scrape(accept: string): Promise<{ type: string; text: string }> {
  const answer = await exporter.admin('/metrics', { accept });
  expect(answer.status).toBe(200);
  return { type: answer.headers.get('content-type') ?? '', text: await answer.text() };
}

/** Series of a scrape, each as its name and labels. */
function seriesOf(text: string): string[] {
  return text.split('\n').flatMap((line) => /^[a-zA-Z_:][\w:]*(\{.*?\})?(?= )/.exec(line)?.[0] ?? []);
}

function samplesOf(text: string, name: string): number[] {
  return text.split('\n').flatMap((line) => {
    const found = new RegExp(`^${name}(?:\\{.*\\})? (\\S+)`).exec(line);
    return found ? Number(found[1]) : [];
  });
}

beforeAll(async () => {
  exporter = await ExporterProcess.start();
  const client = await ReflectedClient.connect(exporter.addresses.grpc);
  const lines = flightRows('20k', 5_000).map((row, n) => `{"event_id":"${n}","payload":${row}}\n`);
  const headers = {
    'content-type': 'application/x-ndjson',
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  };
  try {
    for (let at = 0; at < lines.length; at += 500) {
      const body = [...lines.slice(at, at + 500), '{"bad":1}\n'].join('');
      expect((await exporter.post(body, headers)).status).toBe(207);
    }
    expect((await exporter.post('x', { 'content-type': 'text/plain' })).status).toBe(415);
    await client.unary('selfcheer.v1.IngestService/Ingest', { event_id: 'grpc', payload: 'x' });
    await client.failure('selfcheer.v1.IngestService/Ingest', { payload: 'x' });
    for (const where of ['/', '/nothing/at/all']) await fetch(`${exporter.url}${where}`);
  } finally {
    client.close();
  }
  await exporter.settled();
  // While it warms up there is no score.
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(200)) {
    if (samplesOf((await scrape('text/plain')).text, 'cheer_score').length > 0) break;
  }
  ({ text: plain } = await scrape('text/plain;version=0.0.4'));
});

afterAll(() => exporter?.dispose());

test('promtool finds nothing to complain of', async () => {
  const complaint = await new Promise<string>((resolve) => {
    const child = execFile('promtool', ['check', 'metrics'], { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve(`${error ? `${error.message}\n` : ''}${stdout}${stderr}`);
    });
    child.stdin?.end(plain);
  });
  expect(complaint).toBe('');
});

test('there are less than 1,000 series, and every one is there once', () => {
  const series = seriesOf(plain);
  expect(series.length).toBeGreaterThan(100);
  expect(series.length).toBeLessThan(1_000);
  expect(series.filter((one, index) => series.indexOf(one) !== index)).toEqual([]);
});

test.each(contract)('%s is there, with its help and type', (name) => {
  expect(plain).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
  expect(plain).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge|histogram|summary)$`, 'm'));
  const fewest = mayBeEmpty.has(name) ? 0 : 1;
  expect(samplesOf(plain, `${name}(?:_count)?`).length).toBeGreaterThanOrEqual(fewest);
});

test('the figures are those of what was done', () => {
  const sum = (name: string, ...labels: string[]) =>
    plain
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  expect(sum('ingests_total', 'transport="http"', 'result="accepted"')).toBe(5_000);
  expect(sum('ingests_total', 'transport="http"', 'result="rejected"')).toBe(11);
  expect(sum('ingests_total', 'transport="grpc"', 'result="accepted"')).toBe(1);
  expect(sum('ingests_total', 'result="failed"') + sum('ingests_total', 'result="refused"')).toBe(0);
  expect(sum('grpc_server_handled_total', 'code="INVALID_ARGUMENT"')).toBe(1);
  expect(samplesOf(plain, 'events_published_total').reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(5_001);
});

test('no series says service or job: that is for Prometheus to attach', () => {
  expect(seriesOf(plain).filter((one) => /[{,](service|job|namespace|instance)=/.test(one))).toEqual([]);
});

test('OpenMetrics has the same series, and an exemplar with the trace id that was sent', async () => {
  const { type, text } = await scrape(openMetrics);
  expect(type).toMatch(/^application\/openmetrics-text; ?version=1\.0\.0/);
  expect(text.endsWith('# EOF\n')).toBe(true);
  const exemplars = text.split('\n').filter((line) => line.includes(` # {trace_id="${traceId}"} `));
  expect(exemplars.map((line) => line.slice(0, line.indexOf('{')))).toContain(
    'ingest_latency_seconds_bucket',
  );
  expect(seriesOf(text).sort()).toEqual(seriesOf((await scrape('text/plain')).text).sort());
});

test('a real Prometheus scrapes it as OpenMetrics and keeps the exemplar', async () => {
  const prometheus = await Prometheus.start(exporter.addresses.admin);
  try {
    await prometheus.until('targets', '"health":"up"');
    await prometheus.until('query?query=ingests_total', '"transport":"http"');
    await prometheus.exemplar('ingest_latency_seconds_bucket', traceId);
  } finally {
    await prometheus.dispose();
  }
}, 90_000);
