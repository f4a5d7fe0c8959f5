import { join } from 'node:path';
import { Root, type Type } from 'protobufjs';
import { z } from 'zod';

export type AttributeValue =
  string | number | boolean | null | readonly AttributeValue[] | { readonly [key: string]: AttributeValue };

export type Attributes = Readonly<Record<string, AttributeValue>>;

const spanKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type SpanKind = (typeof spanKinds)[number];

const statusCodes = ['unset', 'ok', 'error'] as const;

/** One span as it was exported. */
export interface ReceivedSpan {
  /** Of its resource; empty when the exporter did not say. */
  readonly service: string;
  readonly resource: Attributes;
  /** Name of the instrumentation that made it. */
  readonly scope: string;
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Absent in the root of a trace. */
  readonly parentSpanId?: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Epoch milliseconds, with fractions. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: Attributes;
  }[];
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  readonly status: { readonly code: (typeof statusCodes)[number]; readonly message: string };
}

/*
 * Both encodings have the same shape: what protobufjs makes of the bytes, and OTLP's JSON, in which ids are hex and 64
 * bit integers may be decimal strings (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"). What a message
 * leaves out has its default.
 */
const id = (bytes: number) =>
  z
    .union([
      z.instanceof(Uint8Array).transform((value) => Buffer.from(value).toString('hex')),
      z.string().toLowerCase(),
    ])
    .refine((text) => new RegExp(`^[0-9a-f]{${2 * bytes}}$`).test(text), { error: `must be ${bytes} bytes` });
const noId = z.union([z.literal(''), z.instanceof(Uint8Array).refine((value) => value.length === 0)]);
const integer = z.union([z.number().int(), z.string().regex(/^-?\d+$/)]);
const nanos = integer.default(0).transform((value) => Number(BigInt(value)) / 1e6);

interface Value {
  readonly stringValue?: string | undefined;
  readonly boolValue?: boolean | undefined;
  readonly intValue?: string | number | undefined;
  readonly doubleValue?: string | number | undefined;
  readonly bytesValue?: string | Uint8Array | undefined;
  readonly arrayValue?: { readonly values: readonly Value[] } | undefined;
  readonly kvlistValue?: { readonly values: readonly KeyValue[] } | undefined;
}
interface KeyValue {
  readonly key: string;
  readonly value?: Value | undefined;
}

const anyValue: z.ZodType<Value> = z.lazy(() =>
  z.looseObject({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: integer.optional(),
    doubleValue: z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]).optional(),
    bytesValue: z.union([z.string(), z.instanceof(Uint8Array)]).optional(),
    arrayValue: z.looseObject({ values: z.array(anyValue).default([]) }).optional(),
    kvlistValue: z.looseObject({ values: attributeList }).optional(),
  }),
);
const attributeList = z
  .array(z.looseObject({ key: z.string().default(''), value: anyValue.optional() }))
  .default([]);

const span = z.looseObject({
  traceId: id(16),
  spanId: id(8),
  parentSpanId: z.union([noId, id(8)]).optional(),
  traceState: z.string().default(''),
  name: z.string().default(''),
  kind: z.number().default(0),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes: attributeList,
  events: z
    .array(z.looseObject({ timeUnixNano: nanos, name: z.string().default(''), attributes: attributeList }))
    .default([]),
  links: z.array(z.looseObject({ traceId: id(16), spanId: id(8), attributes: attributeList })).default([]),
  status: z.looseObject({ code: z.number().default(0), message: z.string().default('') }).optional(),
});
const request = z.looseObject({
  resourceSpans: z
    .array(
      z.looseObject({
        resource: z.looseObject({ attributes: attributeList }).optional(),
        scopeSpans: z
          .array(
            z.looseObject({
              scope: z.looseObject({ name: z.string().default('') }).optional(),
              spans: z.array(span).default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** The spans of an export in protobuf. Throws when the bytes are none. */
export function spansOfProtobuf(bytes: Uint8Array): ReceivedSpan[] {
  const type = otlpMessage('ExportTraceServiceRequest');
  return spansOf(type.toObject(type.decode(bytes), { longs: String }));
}

/** The spans of an export in OTLP's JSON. Throws when the text is none. */
export function spansOfJson(text: string): ReceivedSpan[] {
  return spansOf(JSON.parse(text));
}

function spansOf(message: unknown): ReceivedSpan[] {
  return request.parse(message).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const shared = attributesOf(resource?.attributes ?? []);
    const service = typeof shared['service.name'] === 'string' ? shared['service.name'] : '';
    return scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(
        ({
          parentSpanId,
          kind,
          startTimeUnixNano,
          endTimeUnixNano,
          attributes,
          links,
          events,
          status,
          ...own
        }) => ({
          service,
          resource: shared,
          scope: scope?.name ?? '',
          traceId: own.traceId,
          spanId: own.spanId,
          ...(typeof parentSpanId === 'string' && parentSpanId !== '' && { parentSpanId }),
          traceState: own.traceState,
          name: own.name,
          kind: spanKinds[kind] ?? 'unspecified',
          startedAt: startTimeUnixNano,
          endedAt: endTimeUnixNano,
          attributes: attributesOf(attributes),
          links: links.map((link) => ({
            traceId: link.traceId,
            spanId: link.spanId,
            attributes: attributesOf(link.attributes),
          })),
          events: events.map((event) => ({
            name: event.name,
            at: event.timeUnixNano,
            attributes: attributesOf(event.attributes),
          })),
          status: { code: statusCodes[status?.code ?? 0] ?? 'unset', message: status?.message ?? '' },
        }),
      ),
    );
  });
}

function attributesOf(list: readonly KeyValue[]): Attributes {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: Value | undefined): AttributeValue {
  if (value === undefined) return null;
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = value;
  if (arrayValue) return arrayValue.values.map(valueOf);
  if (kvlistValue) return attributesOf(kvlistValue.values);
  if (intValue !== undefined) return Number(intValue);
  if (doubleValue !== undefined) return Number(doubleValue);
  if (bytesValue !== undefined) {
    return typeof bytesValue === 'string' ? bytesValue : Buffer.from(bytesValue).toString('base64');
  }
  return stringValue ?? boolValue ?? null;
}

let loaded: Root | undefined;

/** A message of `proto/otlp/trace.proto`, which is as far from `src/conform` as from `dist/conform`. */
export function otlpMessage(name: 'ExportTraceServiceRequest' | 'ExportError'): Type {
  loaded ??= load();
  return loaded.lookupType(`opentelemetry.proto.collector.trace.v1.${name}`);
}

function load(): Root {
  const root = new Root();
  root.loadSync(join(__dirname, '../../proto/otlp/trace.proto')).resolveAll();
  return root;
}
