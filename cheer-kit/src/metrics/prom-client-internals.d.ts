/** prom-client's default metrics one by one; `collectDefaultMetrics` starts observers that nobody can stop. */
declare module 'prom-client/lib/metrics/*' {
  const collect: (registry: import('./registry').MetricsRegistry) => void;
  export default collect;
}
