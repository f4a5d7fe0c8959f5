import { CheerEngine } from '../cheer-engine';
import { ManualClock } from '../clock';
import { createCheerMetrics } from './cheer-metrics';
import { createRegistry } from './registry';
import { renderMetrics } from './render';
import { createResilienceMetrics } from './resilience-metrics';
import { createServiceMetrics } from './service-metrics';
import { createSloMetrics } from './slo-metrics';

function setUp() {
  const clock = new ManualClock();
  const engine = new CheerEngine({
    slos: [
      { name: 'ingest-availability', description: '', objective: 0.999, minBadEvents: 10 },
      { name: 'delivery', description: '', objective: 0.99, minBadEvents: 5, targetSeconds: 1 },
    ],
    queues: ['commit', 'publish'],
    downstreams: ['kafka'],
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    clock,
  });
  const registry = createRegistry();
  createCheerMetrics(registry, engine);
  createSloMetrics(registry, engine);
  const resilience = createResilienceMetrics(registry, engine, {
    queues: ['commit', 'publish'],
    quarantineReasons: ['schema', 'bug'],
    version: '1.2.3',
    track: 'canary',
  });
  const service = createServiceMetrics(registry);
  /** Sample lines by their name and labels. */
  const scrape = async (): Promise<Record<string, number>> => {
    const { body } = await renderMetrics(registry, 'text/plain');
    const samples = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(
      samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
    );
  };
  return { clock, engine, registry, resilience, service, scrape };
}

test('what alerts and dashboards use is there from the start', async () => {
  const { scrape } = setUp();
  const samples = await scrape();
  expect(samples).toMatchObject({
    cheer_health: 0,
    'cheer_state{state="warming"}': 1,
    'cheer_state{state="green"}': 0,
    'cheer_state{state="yellow"}': 0,
    'cheer_state{state="red"}': 0,
    'cheer_state{state="disabled"}': 0,
    'cheer_condition{condition="error_budget"}': 1,
    'cheer_condition{condition="breakers"}': 1,
    'cheer_error_budget_remaining_ratio{slo="delivery"}': 1,
    'cheer_batches_total{traffic="real"}': 0,
    'cheer_cheers_total{traffic="synthetic"}': 0,
    'cheer_missed_total{reason="quarantined",traffic="synthetic"}': 0,
    cheer_batch_duration_seconds_count: 0,
    cheer_recovery_seconds: 0,
    'cheer_state_changes_total{to="red"}': 0,
    'cheer_slo_events_total{slo="delivery",result="bad"}': 0,
    'cheer_slo_objective_ratio{slo="delivery"}': 0.99,
    'cheer_slo_min_bad_events{slo="delivery"}': 5,
    'cheer_latency_target_seconds{slo="delivery"}': 1,
    cheer_health_latency_target_seconds: 0.1,
    cheer_health_budget_floor_ratio: 0.1,
    cheer_health_saturation_ceiling_ratio: 0.7,
    'cheer_breaker_state{downstream="kafka",state="closed"}': 1,
    'cheer_breaker_state{downstream="kafka",state="open"}': 0,
    cheer_breaker_transitions_total: 0,
    cheer_retries_total: 0,
    'cheer_shed_total{reason="overload"}': 0,
    cheer_quarantined_events: 0,
    'cheer_quarantined_total{reason="bug"}': 0,
    cheer_dedupe_window_seconds: 0,
    'cheer_build_info{version="1.2.3",track="canary"}': 1,
  });
  // No score while warming, no target for an SLO that is not about time, no queue that was never measured.
  expect(samples).not.toHaveProperty('cheer_score');
  expect(samples).not.toHaveProperty(['cheer_latency_target_seconds{slo="ingest-availability"}']);
  expect(samples).not.toHaveProperty(['cheer_queue_depth{queue="commit"}']);
});

test('the engine is read at each scrape, nothing is counted twice', async () => {
  const { clock, engine, scrape } = setUp();
  engine.recordSlo('delivery', 9800, 150);
  engine.batchSettled({ traffic: 'real', durationSeconds: 0.5 });
  engine.batchSettled({ traffic: 'synthetic', durationSeconds: 0.5 });
  engine.batchMissed({ reason: 'timeout', traffic: 'real', detail: '' });
  engine.setQueue('commit', { depth: 3, capacity: 10, oldestAgeSeconds: 0.5, ageTargetSeconds: 1 });
  engine.setBreaker('kafka', 'open');
  engine.evaluate();
  await scrape();
  expect(await scrape()).toMatchObject({
    cheer_health: 0,
    cheer_score: expect.any(Number),
    'cheer_state{state="red"}': 1,
    'cheer_state{state="warming"}': 0,
    'cheer_condition{condition="error_budget"}': 0,
    'cheer_condition{condition="age"}': 1,
    'cheer_slo_events_total{slo="delivery",result="good"}': 9800,
    'cheer_slo_events_total{slo="delivery",result="bad"}': 150,
    'cheer_batches_total{traffic="real"}': 2,
    'cheer_cheers_total{traffic="real"}': 1,
    'cheer_cheers_total{traffic="synthetic"}': 1,
    'cheer_missed_total{reason="timeout",traffic="real"}': 1,
    cheer_batch_duration_seconds_count: 1,
    'cheer_state_changes_total{to="red"}': 1,
    'cheer_queue_depth{queue="commit"}': 3,
    'cheer_queue_capacity{queue="commit"}': 10,
    'cheer_queue_oldest_age_seconds{queue="commit"}': 0.5,
    'cheer_queue_age_target_seconds{queue="commit"}': 1,
    'cheer_breaker_state{downstream="kafka",state="open"}': 1,
    'cheer_breaker_state{downstream="kafka",state="closed"}': 0,
    cheer_breaker_transitions_total: 1,
  });
  engine.setBreaker('kafka', 'closed');
  clock.advance(3600);
  engine.evaluate();
  clock.advance(30);
  engine.evaluate();
  expect(await scrape()).toMatchObject({ cheer_health: 1, cheer_score: 85, 'cheer_state{state="green"}': 1 });
  engine.setBudgetFloor(0.25);
  expect(await scrape()).toMatchObject({ cheer_health_budget_floor_ratio: 0.25 });
  engine.disable('health-cheer');
  const disabled = await scrape();
  expect(disabled).toMatchObject({ cheer_health: 0, 'cheer_state{state="disabled"}': 1 });
  expect(disabled).not.toHaveProperty('cheer_score');
});

test('what resilience tells', async () => {
  const { resilience, scrape } = setUp();
  resilience.retried(2);
  resilience.shed('disk', 5);
  resilience.quarantined('schema', 3);
  resilience.setQuarantinedNow(4);
  resilience.setDedupeWindow(3600);
  resilience.setStorage('data', { free: 10, size: 20 });
  resilience.setFlag('health-cheer', 'on');
  resilience.setFlag('health-cheer', 'off');
  const samples = await scrape();
  expect(samples).toMatchObject({
    cheer_retries_total: 2,
    'cheer_shed_total{reason="disk"}': 5,
    'cheer_quarantined_total{reason="schema"}': 3,
    cheer_quarantined_events: 4,
    cheer_dedupe_window_seconds: 3600,
    'cheer_storage_free_bytes{volume="data"}': 10,
    'cheer_storage_size_bytes{volume="data"}': 20,
    'feature_flag_info{flag="health-cheer",variant="off"}': 1,
  });
  expect(samples).not.toHaveProperty(['feature_flag_info{flag="health-cheer",variant="on"}']);
});

test('requests by route, method and code; what a caller sends can not make series without end', async () => {
  const { service, scrape } = setUp();
  service.httpRequest({ method: 'POST', route: '/v1/events', statusCode: 202, seconds: 0.01 });
  service.grpcCall({ method: '/selfcheer.v1.IngestService/Ingest', code: 8, seconds: 0.01 });
  expect(await scrape()).toMatchObject({
    'http_requests_total{method="POST",route="/v1/events",status_code="202"}': 1,
    'http_request_duration_seconds_bucket{method="POST",route="/v1/events",le="0.01"}': 1,
    'grpc_server_handled_total{method="/selfcheer.v1.IngestService/Ingest",code="RESOURCE_EXHAUSTED"}': 1,
    'grpc_server_handling_seconds_count{method="/selfcheer.v1.IngestService/Ingest"}': 1,
  });
  for (let i = 0; i < 1000; i++) {
    service.httpRequest({ method: `M${i}`, route: `/r${i}`, statusCode: i * 1000, seconds: 0 });
    service.grpcCall({ method: `/m${i}`, code: i + 100, seconds: 0 });
  }
  service.httpRequest({ method: 'GET', route: 'unmatched', statusCode: 404, seconds: 0 });
  const samples = await scrape();
  const names = (start: string): string[] => Object.keys(samples).filter((name) => name.startsWith(start));
  // 100 routes, and the two that stand for all others.
  expect(names('http_requests_total')).toHaveLength(102);
  expect(names('http_request_duration_seconds_count')).toHaveLength(102);
  expect(names('grpc_server_handled_total')).toHaveLength(33);
  expect(samples).toMatchObject({
    'http_requests_total{method="other",route="other",status_code="other"}': 1000 - 99,
    'http_requests_total{method="GET",route="unmatched",status_code="404"}': 1,
    'grpc_server_handled_total{method="other",code="UNKNOWN"}': 1000 - 31,
  });
});
