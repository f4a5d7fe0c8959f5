import { isSpanContextValid, trace, TraceFlags } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-node';

type Sdk = Pick<
  typeof import('@opentelemetry/sdk-trace-node'),
  | 'AlwaysOffSampler'
  | 'AlwaysOnSampler'
  | 'ParentBasedSampler'
  | 'SamplingDecision'
  | 'TraceIdRatioBasedSampler'
>;

export interface SamplerOptions {
  /** OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG as in the OpenTelemetry specification. */
  readonly env: NodeJS.ProcessEnv;
  /** Share of the traces that begin here and are recorded, 0 to 1; undefined leaves it to `env`. Asked for each. */
  readonly ratio: () => number | undefined;
}

/**
 * Head sampling. A span follows its parent. One without a parent that links to a recorded span is recorded too: the batch
 * that a recorded event went with belongs to its story. What else begins a trace is up to the ratio.
 */
export function createSampler(sdk: Sdk, { env, ratio }: SamplerOptions): Sampler {
  const configured = samplerOf(sdk, env);
  let share: number | undefined;
  let byShare: Sampler = configured;
  const current = (): Sampler => {
    const now = ratio();
    if (now !== share) {
      share = now;
      byShare = now === undefined ? configured : parentBased(sdk, new sdk.TraceIdRatioBasedSampler(now));
    }
    return byShare;
  };
  return {
    shouldSample(context, traceId, name, kind, attributes, links) {
      const parent = trace.getSpanContext(context);
      const root = parent === undefined || !isSpanContextValid(parent);
      if (root && links.some((link) => (link.context.traceFlags & TraceFlags.SAMPLED) !== 0)) {
        return { decision: sdk.SamplingDecision.RECORD_AND_SAMPLED };
      }
      return current().shouldSample(context, traceId, name, kind, attributes, links);
    },
    toString: () => `CheerKit{${current().toString()}}`,
  };
}

function parentBased(sdk: Sdk, root: Sampler): Sampler {
  return new sdk.ParentBasedSampler({ root });
}

/** As the specification has it, and so is the default; what is unknown counts as not set. */
function samplerOf(sdk: Sdk, env: NodeJS.ProcessEnv): Sampler {
  const given = Number(env['OTEL_TRACES_SAMPLER_ARG'] || 1);
  const share = given >= 0 && given <= 1 ? given : 1;
  const known: Record<string, () => Sampler> = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(share),
    parentbased_always_off: () => parentBased(sdk, new sdk.AlwaysOffSampler()),
    parentbased_traceidratio: () => parentBased(sdk, new sdk.TraceIdRatioBasedSampler(share)),
  };
  const name = env['OTEL_TRACES_SAMPLER']?.trim() ?? '';
  const make = Object.hasOwn(known, name) ? known[name] : undefined;
  return make ? make() : parentBased(sdk, new sdk.AlwaysOnSampler());
}
