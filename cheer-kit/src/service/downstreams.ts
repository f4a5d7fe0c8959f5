import type { CheerEngine } from '../cheer-engine';
import type { CallMetrics } from '../metrics/call-metrics';
import { createDownstream, type Downstream, type DownstreamOptions } from '../resilience/downstream';
import { downstreamMetrics } from '../resilience/downstream-metrics';
import { downstreamSpans } from '../resilience/downstream-spans';

export interface DownstreamsOptions {
  readonly names: readonly string[];
  readonly engine: CheerEngine;
  readonly calls: CallMetrics;
  readonly retried: (count: number) => void;
  /** Whether spans go anywhere: asked for each event. */
  readonly tracing: () => boolean;
}

/** Makes downstreams whose metrics, spans and breakers go where the service's go. */
export class Downstreams {
  private readonly made = new Set<string>();

  constructor(private readonly options: DownstreamsOptions) {}

  /** @throws RangeError for a name that is not in the list, or was asked for before, and for options that make no sense */
  create(name: string, options: Omit<DownstreamOptions, 'name'>): Downstream {
    const { names, engine, calls, retried, tracing } = this.options;
    if (!names.includes(name)) throw new RangeError(`no downstream is named ${name}: add it to downstreams`);
    // A second one would have a breaker of its own under the same name, and neither could be told.
    if (this.made.has(name)) throw new RangeError(`downstream ${name} is there already: share it`);
    const downstream = createDownstream({ ...options, name });
    this.made.add(name);
    downstream.subscribe(downstreamMetrics({ engine, retried, called: (...call) => calls.called(...call) }));
    const spans = downstreamSpans();
    downstream.subscribe((event) => (tracing() ? spans(event) : undefined));
    return downstream;
  }
}
