import { AsyncLocalStorage } from 'node:async_hooks';
import {
  context,
  ROOT_CONTEXT,
  trace,
  type Context,
  type ContextManager,
  type Tracer,
} from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  SamplingDecision,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';

/** As the one of the OpenTelemetry SDK for Node. */
class LocalContext implements ContextManager {
  private readonly storage = new AsyncLocalStorage<Context>();
  active = () => this.storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (active, run, self, ...args) =>
    this.storage.run(active, () => run.apply(self as never, args));
  bind: ContextManager['bind'] = (_, target) => target;
  enable = () => this;
  disable = () => this;
}

/** As the kit's: a root that links to what is recorded is recorded, others as it is told. */
function sampling(roots: boolean): Sampler {
  const others = new ParentBasedSampler({ root: roots ? new AlwaysOnSampler() : new AlwaysOffSampler() });
  return {
    shouldSample(...asked) {
      const [, , , , , links] = asked;
      return links.some((link) => (link.context.traceFlags & 1) === 1)
        ? { decision: SamplingDecision.RECORD_AND_SAMPLED }
        : others.shouldSample(...asked);
    },
  };
}

/** Spans in memory, in the order in which they end. One at a time: contexts are global. */
export class SpanRecorder {
  readonly tracer: Tracer;
  private readonly exporter = new InMemorySpanExporter();
  private readonly provider: BasicTracerProvider;

  /** `roots`: whether a trace that begins here is recorded. */
  constructor(roots = true) {
    this.provider = new BasicTracerProvider({
      sampler: sampling(roots),
      spanProcessors: [new SimpleSpanProcessor(this.exporter)],
    });
    this.tracer = this.provider.getTracer('test');
    context.setGlobalContextManager(new LocalContext());
  }

  /** Makes it the SDK that runs in this process already: services that are started then use it. */
  register(): this {
    trace.setGlobalTracerProvider(this.provider);
    return this;
  }

  get spans(): ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  async close(): Promise<void> {
    context.disable();
    trace.disable();
    await this.provider.shutdown();
  }
}
