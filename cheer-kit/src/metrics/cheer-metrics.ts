import type { CheerEngine } from '../cheer-engine';
import { latencyBuckets } from '../latency-window';
import { cheerStates, missReasons, trafficKinds } from '../verdict';
import { combinations, counter, readCounter, readGauge } from './instruments';
import { LatencyHistogram } from './latency-histogram';
import type { MetricsRegistry } from './registry';

/** For `createCheerMetrics`. */
export interface CheerMetricsOptions {
  /** Seconds; exact bounds of `cheer_batch_duration_seconds`. */
  readonly latencyTargets?: readonly number[];
}

/** The cheer itself: what the cheer-meter, the dashboards and the cheer alerts read. */
export function createCheerMetrics(
  registry: MetricsRegistry,
  engine: CheerEngine,
  { latencyTargets }: CheerMetricsOptions = {},
): void {
  readGauge(registry, { name: 'cheer_health', help: '1 while the state is green, else 0.' }, () => [
    [{}, engine.verdict().state === 'green' ? 1 : 0],
  ]);
  readGauge(
    registry,
    { name: 'cheer_state', help: '1 for the present state, 0 for the others.', labelNames: ['state'] },
    () => cheerStates.map((state) => [{ state }, engine.verdict().state === state ? 1 : 0]),
  );
  readGauge(
    registry,
    { name: 'cheer_score', help: 'Score from 0 to 100; absent while warming or disabled.' },
    () => [[{}, engine.verdict().score ?? undefined]],
  );
  readGauge(
    registry,
    { name: 'cheer_condition', help: '1 for a condition that holds, else 0.', labelNames: ['condition'] },
    () => engine.verdict().conditions.map(({ name, ok }) => [{ condition: name }, ok ? 1 : 0]),
  );
  readGauge(
    registry,
    {
      name: 'cheer_error_budget_remaining_ratio',
      help: 'Part of the error budget of the last hour that is left; negative when overspent.',
      labelNames: ['slo'],
    },
    () => engine.sloReadings().map((slo) => [{ slo: slo.definition.name }, slo.budgetRemaining]),
  );
  readCounter(
    registry,
    { name: 'cheer_batches_total', help: 'Batches with an outcome.', labelNames: ['traffic'] },
    () => trafficKinds.map((traffic) => [{ traffic }, engine.batches.batchesOf(traffic)]),
  );
  readCounter(
    registry,
    { name: 'cheer_cheers_total', help: 'Batches that were settled well.', labelNames: ['traffic'] },
    () => trafficKinds.map((traffic) => [{ traffic }, engine.batches.cheersOf(traffic)]),
  );
  readCounter(
    registry,
    { name: 'cheer_missed_total', help: 'Batches that were not.', labelNames: ['reason', 'traffic'] },
    () =>
      combinations({ reason: missReasons, traffic: trafficKinds }).map((labels) => [
        labels,
        engine.batches.missesOf(labels.reason, labels.traffic),
      ]),
  );
  readGauge(
    registry,
    {
      name: 'cheer_recovery_seconds',
      help: 'From leaving green to being back, the latest time; 0 before the first.',
    },
    () => [[{}, engine.recoverySeconds ?? 0]],
  );
  const changes = counter(
    registry,
    { name: 'cheer_state_changes_total', help: 'Changes of state.', labelNames: ['to'] },
    cheerStates.map((to) => ({ to })),
  );
  const duration = new LatencyHistogram(registry, {
    name: 'cheer_batch_duration_seconds',
    help: 'Time that settled batches of real traffic took.',
    buckets: latencyBuckets(latencyTargets),
  }).series({});
  engine.subscribe((event) => {
    if (event.type === 'state') changes.inc({ to: event.to });
    if (event.type === 'cheer' && event.traffic === 'real') duration.observe(event.durationSeconds);
  });
}
