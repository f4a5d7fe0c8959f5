import type { Histogram } from 'prom-client';
import { bucketIndex } from '../latency-window';
import type { MetricsRegistry } from './registry';

/** For `LatencyHistogram`. */
export interface LatencyHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
  /** Upper bounds in seconds, ascending and without +Inf. */
  readonly buckets: readonly number[];
}

interface Exemplar {
  readonly labelSet: { readonly trace_id: string };
  readonly value: number;
  /** Epoch seconds. */
  readonly timestamp: number;
}

/** One series of a histogram: keep it and observe on it, it costs no look-up. */
export class LatencySeries {
  readonly counts: Float64Array;
  readonly exemplars: (Exemplar | undefined)[] = [];
  sum = 0;
  count = 0;

  constructor(
    readonly labels: Readonly<Record<string, string>>,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Give the trace id only of a sampled trace: an exemplar should lead somewhere. */
  observe(seconds: number, traceId?: string): void {
    this.observeMany(seconds, 1, traceId);
  }

  /** `count` observations of the same value at the cost of one. What is not a finite number is left out. */
  observeMany(seconds: number, count: number, traceId?: string): void {
    if (!Number.isFinite(seconds) || !(count > 0)) return;
    const bucket = bucketIndex(this.bounds, seconds);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
    this.sum += seconds * count;
    this.count += count;
    if (traceId !== undefined) {
      this.exemplars[bucket] = {
        labelSet: { trace_id: traceId },
        value: seconds,
        timestamp: Date.now() / 1000,
      };
    }
  }
}

interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: Exemplar;
}

/**
 * A classic histogram with exemplars in a prom-client registry. Its own counting, because prom-client's costs a hash
 * of the labels and several objects for each observation and can't take a batch.
 */
export class LatencyHistogram<Label extends string = never> {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly name: string;
  readonly help: string;
  private readonly labelNames: readonly Label[];
  private readonly bounds: readonly number[];
  private readonly children = new Map<string, LatencySeries>();

  constructor(registry: MetricsRegistry, options: LatencyHistogramOptions<Label>) {
    this.name = options.name;
    this.help = options.help;
    this.labelNames = options.labelNames ?? [];
    this.bounds = options.buckets;
    // The registry only calls get() and reads name and type, but its types know no metric but prom-client's own.
    registry.registerMetric(this as unknown as Histogram);
  }

  /** The series with these label values, from now on in every scrape. */
  series(labels: Readonly<Record<Label, string>>): LatencySeries {
    const key = JSON.stringify(this.labelNames.map((name) => labels[name]));
    let child = this.children.get(key);
    if (!child) {
      child = new LatencySeries({ ...labels }, this.bounds);
      this.children.set(key, child);
    }
    return child;
  }

  /** What the registry asks for at a scrape. */
  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = [...this.children.values()].flatMap((child) => this.samples(child));
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  /** Forgets all series; prom-client’s `resetMetrics` calls it. */
  reset(): void {
    this.children.clear();
  }

  private samples({ labels, counts, exemplars, sum, count }: LatencySeries): Sample[] {
    let below = 0;
    const buckets = [...this.bounds, '+Inf'].map((le, index) => {
      below += counts[index] ?? 0;
      const exemplar = exemplars[index];
      return {
        metricName: `${this.name}_bucket`,
        labels: { ...labels, le },
        value: below,
        ...(exemplar && { exemplar }),
      };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
