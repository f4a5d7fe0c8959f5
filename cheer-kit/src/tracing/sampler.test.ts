import { randomBytes } from 'node:crypto';
import { ROOT_CONTEXT, SpanKind, trace, type Link } from '@opentelemetry/api';
import * as sdk from '@opentelemetry/sdk-trace-node';
import fc from 'fast-check';
import { createSampler } from './sampler';

const { RECORD_AND_SAMPLED, NOT_RECORD } = sdk.SamplingDecision;
const spanId = '00f067aa0ba902b7';
const traceIds = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((bytes) => bytes.some((byte) => byte > 0))
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const some = '4bf92f3577b34da6a3ce929d0e0e4736';

interface Asked {
  readonly traceId?: string;
  /** Flags of the parent, none without. */
  readonly parent?: number;
  readonly links?: readonly number[];
}

function setUp(env: NodeJS.ProcessEnv = {}, ratio: () => number | undefined = () => undefined) {
  const sampler = createSampler(sdk, { env, ratio });
  return ({ traceId = some, parent, links = [] }: Asked = {}) => {
    const remote = (traceFlags: number) => ({ traceId, spanId, traceFlags, isRemote: true });
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote(parent));
    const linked = links.map((flags): Link => ({ context: remote(flags) }));
    return sampler.shouldSample(context, traceId, 'span', SpanKind.INTERNAL, {}, linked).decision;
  };
}

test.each<[NodeJS.ProcessEnv, { root: boolean; after: boolean; afterNot: boolean }]>([
  [{}, { root: true, after: true, afterNot: false }],
  [{ OTEL_TRACES_SAMPLER: 'always_on' }, { root: true, after: true, afterNot: true }],
  [{ OTEL_TRACES_SAMPLER: 'always_off' }, { root: false, after: false, afterNot: false }],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, { root: false, after: true, afterNot: false }],
  [
    { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    { root: false, after: true, afterNot: false },
  ],
  [
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
    { root: false, after: false, afterNot: false },
  ],
  [
    { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: 'much' },
    { root: true, after: true, afterNot: false },
  ],
  [{ OTEL_TRACES_SAMPLER: 'no such' }, { root: true, after: true, afterNot: false }],
])('%j decides as its specification says', (env, { root, after, afterNot }) => {
  const decide = setUp(env);
  const decision = (sampled: boolean) => (sampled ? RECORD_AND_SAMPLED : NOT_RECORD);
  expect(decide()).toBe(decision(root));
  expect(decide({ parent: 1 })).toBe(decision(after));
  expect(decide({ parent: 0 })).toBe(decision(afterNot));
});

test('a ratio that is given goes before the environment, and may change at any time', () => {
  let ratio: number | undefined = 0;
  const decide = setUp({ OTEL_TRACES_SAMPLER: 'always_on' }, () => ratio);
  expect(decide()).toBe(NOT_RECORD);
  expect(decide({ parent: 1 })).toBe(RECORD_AND_SAMPLED);
  ratio = 1;
  expect(decide()).toBe(RECORD_AND_SAMPLED);
  expect(decide({ parent: 0 })).toBe(NOT_RECORD);
  ratio = undefined;
  expect(decide({ parent: 0 })).toBe(RECORD_AND_SAMPLED);
});

test('what a ratio records a greater one records too, and about as much as it says', () => {
  const ratios = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(traceIds, ratios, (traceId, [one, other]) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      const few = setUp({}, () => less)({ traceId });
      const many = setUp({}, () => more)({ traceId });
      expect(few === RECORD_AND_SAMPLED && many === NOT_RECORD).toBe(false);
    }),
  );
  const decide = setUp({}, () => 0.25);
  const ids = Array.from({ length: 4_000 }, () => randomBytes(16).toString('hex'));
  const recorded = ids.filter((traceId) => decide({ traceId }) === RECORD_AND_SAMPLED).length;
  expect(recorded / ids.length).toBeGreaterThan(0.2);
  expect(recorded / ids.length).toBeLessThan(0.3);
});

test('a root that links to what is recorded is recorded; a child follows its parent all the same', () => {
  const decide = setUp({}, () => 0);
  expect(decide({ links: [0, 0, 1] })).toBe(RECORD_AND_SAMPLED);
  expect(decide({ links: [0, 0] })).toBe(NOT_RECORD);
  expect(decide({ parent: 0, links: [1] })).toBe(NOT_RECORD);
});
