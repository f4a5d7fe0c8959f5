import { Registry, type OpenMetricsContentType } from 'prom-client';

/** A prom-client registry that writes OpenMetrics. */
export type MetricsRegistry = Registry<OpenMetricsContentType>;

/**
 * A registry of its own, never the global one. OpenMetrics, because prom-client keeps exemplars on no other kind;
 * `renderMetrics` serves plain text from it too.
 */
export function createRegistry(): MetricsRegistry {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}
