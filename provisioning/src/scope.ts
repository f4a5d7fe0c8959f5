/** Matchers and expressions that most panels share. Identity is (namespace, service), as in the rules. */

/** What the dashboard's variables choose, of one service or many. */
export const chosen = 'namespace=~"$namespace", service=~"$service"';

/** The same of single pods. A series without the label pod is in "All". */
export const chosenPods = `${chosen}, pod=~"$pod"`;

/** The same of single SLOs. */
export const chosenSlos = `${chosen}, slo=~"$slo"`;

/** Leaves heartbeats out: what they say of a service is its state, not its traffic. */
export const real = 'traffic="real"';

/** A selector of a metric in the chosen pods. */
export function ofPods(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${[chosenPods, ...matchers].join(', ')}}`;
}

/** How fast a counter in the chosen pods grows, per second. */
export function rate(metric: string, ...matchers: readonly string[]): string {
  return `rate(${ofPods(metric, ...matchers)}[$__rate_interval])`;
}

/** A quantile of a classic histogram in the chosen pods, by these labels. */
export function quantile(q: number, histogram: string, by: string, ...matchers: readonly string[]): string {
  return `histogram_quantile(${q}, sum by (le, ${by}) (${rate(`${histogram}_bucket`, ...matchers)}))`;
}

/** A gauge that a kind of another one limits: how much of it is in use, 0 to 1. */
export const memoryInUse = `${ofPods('memory_usage_bytes', 'kind="rss"')} / ignoring (kind) ${ofPods('memory_usage_bytes', 'kind="limit"')}`;

/** How full each queue is, 0 to 1. */
export const saturation = `${ofPods('cheer_queue_depth')} / (${ofPods('cheer_queue_capacity')} > 0)`;

/** Puts the track (stable, canary, preview) of the pod onto each of its series. */
export function withTrack(series: string): string {
  const pod = 'namespace, service, pod, instance';
  const tracks = `max by (${pod}, track) (cheer_build_info{${chosen}})`;
  return `${series} * on (${pod}) group_left (track) ${tracks}`;
}
