import { createRegistry, renderMetrics } from '@selfcheer/cheer-kit';
import { createPipelineMetrics } from './pipeline-metrics';

function setUp() {
  const registry = createRegistry();
  const metrics = createPipelineMetrics(registry, { downstreams: ['kafka'], latencyTargets: [0.1, 0.12, 1] });
  const scrape = async (): Promise<string> => `\n${(await renderMetrics(registry, 'text/plain')).body}`;
  return { metrics, scrape };
}

test('every series is there from the start', async () => {
  const { scrape } = setUp();
  const text = await scrape();
  for (const sample of [
    'ingests_total{transport="http",result="accepted"} 0',
    'ingests_total{transport="grpc",result="failed"} 0',
    'ingest_latency_seconds_bucket{transport="http",le="0.1"} 0',
    'ingest_latency_seconds_bucket{transport="grpc",le="0.12"} 0',
    'stage_duration_seconds_bucket{stage="publish",le="1"} 0',
    'stage_duration_seconds_count{stage="commit"} 0',
    'events_in_flushed_total 0',
    'events_enriched_total 0',
    'events_published_total 0',
    'downstream_success_total{downstream="kafka"} 0',
    'downstream_calls_total{downstream="kafka",result="ambiguous"} 0',
    'store_bytes 0',
  ]) {
    expect(text).toContain(`\n${sample}\n`);
  }
});

test('counts what it is told', async () => {
  const { metrics, scrape } = setUp();
  metrics.ingested('grpc', 'duplicate', 7);
  metrics.ingestLatency.http.observeMany(0.11, 40);
  metrics.stageDuration.enrich.observe(0.002);
  metrics.flushed(5);
  metrics.enriched(4);
  metrics.published(3);
  metrics.called('kafka', 'success');
  metrics.called('kafka', 'refused');
  metrics.setStoreBytes(123);
  const text = await scrape();
  for (const sample of [
    'ingests_total{transport="grpc",result="duplicate"} 7',
    'ingest_latency_seconds_bucket{transport="http",le="0.1"} 0',
    'ingest_latency_seconds_bucket{transport="http",le="0.12"} 40',
    'stage_duration_seconds_count{stage="enrich"} 1',
    'events_in_flushed_total 5',
    'events_enriched_total 4',
    'events_published_total 3',
    'downstream_success_total{downstream="kafka"} 1',
    'downstream_calls_total{downstream="kafka",result="success"} 1',
    'downstream_calls_total{downstream="kafka",result="refused"} 1',
    'store_bytes 123',
  ]) {
    expect(text).toContain(`\n${sample}\n`);
  }
});
