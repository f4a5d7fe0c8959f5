import type { CheerEngine } from '../cheer-engine';
import { readCounter, readGauge } from './instruments';
import type { MetricsRegistry } from './registry';

/** What the SLO rules and burn alerts read: good and bad events, objectives, and the limits of the conditions. */
export function createSloMetrics(registry: MetricsRegistry, engine: CheerEngine): void {
  readCounter(
    registry,
    { name: 'cheer_slo_events_total', help: 'Events by SLO and result.', labelNames: ['slo', 'result'] },
    () =>
      engine.sloReadings().flatMap(({ definition: { name: slo }, goodTotal, badTotal }) => [
        [{ slo, result: 'good' }, goodTotal],
        [{ slo, result: 'bad' }, badTotal],
      ]),
  );
  const definitions = engine.sloReadings().map((reading) => reading.definition);
  readGauge(
    registry,
    { name: 'cheer_slo_objective_ratio', help: 'Ratio of events that must be good.', labelNames: ['slo'] },
    () => definitions.map(({ name, objective }) => [{ slo: name }, objective]),
  );
  readGauge(
    registry,
    {
      name: 'cheer_slo_min_bad_events',
      help: 'Burn alerts stay silent below this many bad events in their window.',
      labelNames: ['slo'],
    },
    () => definitions.map(({ name, minBadEvents }) => [{ slo: name }, minBadEvents]),
  );
  readGauge(
    registry,
    { name: 'cheer_latency_target_seconds', help: 'Slower than this is bad.', labelNames: ['slo'] },
    () => definitions.map(({ name, targetSeconds }) => [{ slo: name }, targetSeconds]),
  );
  readGauge(
    registry,
    { name: 'cheer_health_latency_target_seconds', help: 'The p90 of latency that still counts as healthy.' },
    () => [[{}, engine.limits.latencyTargetSeconds]],
  );
  readGauge(
    registry,
    { name: 'cheer_health_budget_floor_ratio', help: 'The error budget left must be above it.' },
    () => [[{}, engine.limits.budgetFloorRatio]],
  );
  readGauge(
    registry,
    { name: 'cheer_health_saturation_ceiling_ratio', help: 'Every queue must be less full than this.' },
    () => [[{}, engine.limits.saturationCeilingRatio]],
  );
}
