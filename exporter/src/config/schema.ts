import type { Role } from '@selfcheer/cheer-kit';
import { z } from 'zod';
import { addressesClash } from './address-clash';
import { jwksUriProblem, jwt } from './jwt';
import { stepSchema } from './steps';
import { longestMs, longestSeconds } from './timer-limits';

/** `host:port`; port 0 picks a free one. IPv6 hosts stand in brackets. */
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/, 'is not host:port, for example 127.0.0.1:8080')
  .refine((text) => !(Number(text.slice(text.lastIndexOf(':') + 1)) > 65_535), 'has a port above 65535');
/** Seed broker. kafkajs can't read an IPv6 address here: such a broker needs a name. */
const broker = z
  .string()
  .regex(/^[^\s:[\]]+:\d{1,5}$/, 'is not host:port, for example kafka-1:9092')
  .refine((text) => {
    const port = Number(text.slice(text.lastIndexOf(':') + 1));
    return !(port < 1 || port > 65_535);
  }, 'has no port from 1 to 65535');
const origin = z
  .string()
  .refine(
    (text) => /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text,
    'is not an origin as browsers send it, for example https://grafana.example: no path, no default port',
  );
const positive = z.number().int().positive();
/** A share that may not be the whole: an objective of 1 leaves no budget. */
const ratio = z.number().min(0).lt(1);

const roles = ['producer', 'reader', 'operator'] as const satisfies readonly Role[];

const apiKey = z.strictObject({
  name: z.string().min(1).describe('Who holds the key; shown in logs and audits'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex: printf %s "$KEY" | sha256sum')
    .describe('SHA-256 of the key, lower-case hex; the key itself is never stored')
    .meta({ secret: true }),
  roles: z.array(z.enum(roles)).min(1),
  tenant: z.string().min(1).default('default'),
});

const apiKeys = z.array(apiKey).superRefine((keys, context) => {
  keys.forEach(({ sha256 }, index) => {
    const first = keys.findIndex((key) => key.sha256 === sha256);
    if (first === index) return;
    // Which name, tenant and roles a caller has would depend on their order.
    const message = `is the key of "${keys[first]?.name}" already: give each its own`;
    context.addIssue({ code: 'custom', path: [index, 'sha256'], message });
  });
});

const auth = z.strictObject({
  apiKeys: apiKeys
    .default([])
    .describe('Empty: no key is asked for (loopback only, unless auth.jwt is there)'),
  jwt: jwt.optional(),
});

const limits = z.strictObject({
  bodyBytes: positive
    .default(8 * 2 ** 20)
    .describe('Largest body of a JSON or CloudEvents request and gRPC message'),
  streamBytes: positive.default(256 * 2 ** 20).describe('Largest NDJSON body after decompression'),
  eventBytes: positive.default(1_000_000).describe('Largest single event (one line, one array item)'),
  eventsPerRequest: positive.default(100_000).describe('Most events in one request'),
  jsonDepth: positive.default(64).describe('Deepest nesting of an event'),
  headerBytes: positive.default(16 * 1024).describe('Largest header block of a request'),
  requestSeconds: positive
    .max(longestSeconds)
    .default(60)
    .describe('A request that has not been read whole by then is ended'),
  bufferedBytes: positive.default(128 * 2 ** 20).describe('Bytes of events in memory before intake pauses'),
  minBytesPerSecond: positive
    .default(128)
    .describe('A body of which less comes in any five seconds is ended; waiting for us does not count'),
  connections: positive
    .default(4096)
    .describe('Connections that HTTP and gRPC may each have open; a few more are told so, others are closed'),
  clockAheadSeconds: positive.default(86_400).describe('A timestamp further in the future is refused'),
});

const ingest = z.strictObject({
  cors: z
    .array(origin)
    .default([])
    .describe('Origins whose pages may send events over HTTP (CORS); none by default'),
  mintIds: z
    .boolean()
    .default(false)
    .describe('Mint an event_id for events without one instead of refusing them'),
  source: z.string().min(1).optional().describe('Default source; /selfcheer/<service> when absent'),
  type: z.string().min(1).default('selfcheer.event').describe('Default type'),
  limits: limits.prefault({}),
  overload: z
    .strictObject({
      targetMs: positive.default(50).describe('Waiting for the disk or the processor this long is a queue'),
      intervalMs: positive
        .default(1_000)
        .describe('A queue that stands for so long is overload: requests are then turned away by priority'),
    })
    .prefault({}),
});

const tenant = z.strictObject({
  eventsPerSecond: z.number().positive().optional().describe('Quota; none when absent'),
  bytesPerSecond: z
    .number()
    .positive()
    .optional()
    .describe('Quota of event ids and payloads; none when absent'),
  burstSeconds: z
    .number()
    .positive()
    .default(10)
    .describe('What was not used within so many seconds may be sent at once'),
  priority: z
    .enum(['high', 'normal', 'low'])
    .default('normal')
    .describe('When overloaded, low is turned away before normal and normal before high'),
});

const dedupe = z.strictObject({
  windowSeconds: positive.default(86_400).describe('How long an event id is remembered'),
  maxIds: positive.default(20_000_000).describe('Most event ids remembered; the shorter window holds'),
  onConflict: z
    .enum(['upsert', 'reject'])
    .default('upsert')
    .describe('Same id, other body: publish it as the next revision, or refuse it'),
});

const outbox = z.strictObject({
  lanes: z
    .number()
    .int()
    .min(1)
    .max(256)
    .default(16)
    .describe('Ordered slices; fixed when the store is created'),
  quotaBytes: positive
    .default(8 * 2 ** 30)
    .describe('Bytes of unsent events; yellow at 70 %, refused from 85 %'),
  queueBytes: positive.default(64 * 2 ** 20).describe('Bytes that may wait for the next synced batch'),
  ballastBytes: z
    .number()
    .int()
    .min(0)
    .default(80 * 2 ** 20)
    .describe('File that is given away when the disk is full; less on small disks; 0: none'),
});

const publish = z.strictObject({
  batchEvents: positive.default(500).describe('Most events in one batch of a lane'),
  batchBytes: positive.default(512 * 1024).describe('Most bytes in one batch of a lane'),
  timeoutMs: positive
    .max(longestMs)
    .default(10_000)
    .describe('A send that is not answered by then is ambiguous and is sent again'),
  backoffMinMs: positive
    .max(longestMs)
    .default(100)
    .describe('First wait before a retry; doubles, with full jitter'),
  backoffMaxMs: positive.max(longestMs).default(30_000).describe('Longest wait before a retry'),
});

const kafka = z.strictObject({
  brokers: z.array(broker).default([]).describe('host:port list; empty uses the embedded log sink'),
  topic: z
    .string()
    // Kafka allows 249 characters; heartbeats go to the topic with .synthetic behind its name.
    .regex(
      /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,239}$/,
      'is not a topic name: up to 239 letters, digits, dots, underscores and hyphens, and not . or ..',
    )
    .default('events')
    .describe('Topic; of the embedded log sink, too'),
  clientId: z.string().min(1).default('selfcheer').describe('Client id that the brokers see'),
  ssl: z.boolean().default(false).describe('TLS to the brokers'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('SASL; set all three or none'),
      username: z.string().min(1).describe('SASL user'),
      password: z.string().min(1).describe('SASL password').meta({ secret: true }),
    })
    .optional(),
});

const log = z.strictObject({
  segmentBytes: positive
    .default(64 * 2 ** 20)
    .describe('A segment of the embedded sink is rotated at this size'),
});

const slo = z.strictObject({
  availabilityObjective: ratio
    .default(0.999)
    .describe('Share of ingests that are not refused or failed for our reasons'),
  latencyObjective: ratio.default(0.99).describe('Share of ingests that are acknowledged within the target'),
  latencyTargetSeconds: z.number().positive().default(0.12).describe('Request to acknowledgement'),
  deliveryObjective: ratio.default(0.999).describe('Share of events that the sink has within the target'),
  deliveryTargetSeconds: z
    .number()
    .positive()
    .default(1)
    .describe('Acceptance to the acknowledgement of the sink'),
  minBadEvents: positive
    .default(10)
    .describe('Burn alerts need at least this many bad events in their window'),
});

const cheer = z.strictObject({
  latencyTargetSeconds: z
    .number()
    .positive()
    .default(0.1)
    .describe('p90 of ingest latency that counts as healthy'),
  budgetFloorRatio: ratio.default(0.1).describe('Least error budget left that counts as healthy'),
  saturationCeilingRatio: z
    .number()
    .positive()
    .max(0.9)
    .default(0.7)
    .describe('A queue this full is not healthy'),
  holdSeconds: z.number().min(0).default(30).describe('How long all must be well before the state improves'),
  heartbeatSeconds: z
    .number()
    .positive()
    .max(longestSeconds)
    .default(2)
    .describe('At idle one synthetic event goes out this often'),
});

const flags = z.strictObject({
  file: z
    .string()
    .min(1)
    .optional()
    .describe("Feature flags in flagd's format (docs/flags.md), followed while it runs; defaults when absent")
    .meta({ file: true }),
});

const consul = z.strictObject({
  agent: z
    .url({ protocol: /^https?$/, error: 'is not a URL, for example http://127.0.0.1:8500', abort: true })
    .refine((text) => {
      const { username, password } = new URL(text);
      return username === '' && password === '';
    }, 'holds credentials, which are not masked: put an ACL token into `consul.token`')
    .default('http://127.0.0.1:8500')
    .describe('HTTP API of the Consul agent'),
  token: z.string().min(1).optional().describe('ACL token for the agent').meta({ secret: true }),
  register: z.boolean().default(false).describe('Register this instance with the agent while it runs'),
  address: address.optional().describe('host:port to tell others; where HTTP listens when absent'),
  tags: z.array(z.string().min(1)).default([]).describe('Tags of the registration'),
});

const sections = z.strictObject({
  service: z.string().min(1).default('exporter').describe('Name of this service; part of the default source'),
  http: address.default('127.0.0.1:8080').describe('HTTP ingest, host:port; port 0 picks a free one'),
  grpc: address.default('127.0.0.1:50051').describe('gRPC ingest, host:port'),
  admin: address.default('127.0.0.1:9464').describe('Metrics, health, API and live page, host:port'),
  adminCors: z
    .array(origin)
    .default([])
    .describe('Origins whose pages may read the admin API, metrics and health (CORS); none by default'),
  dataDir: z
    .string()
    .min(1)
    .default('./data')
    .describe('Directory of the store and the embedded sink')
    .meta({ file: true }),
  ack: z
    .enum(['outbox', 'broker'])
    .default('outbox')
    .describe('Acknowledge when synced to this disk, or when the sink has it'),
  tls: z.enum(['off', 'mesh']).default('off').describe('mesh: a service mesh in front terminates TLS'),
  insecure: z
    .boolean()
    .default(false)
    .describe('Allow a bind beyond loopback without TLS and authentication'),
  grpcReflection: z.boolean().optional().describe('Default: on loopback only'),
  drainSeconds: z.number().min(0).max(longestSeconds).default(10).describe('SIGTERM to exit at the most'),
  readinessLagSeconds: z
    .number()
    .min(0)
    .max(longestSeconds)
    .default(0)
    .describe('Wait after readiness turns false, for the balancer'),
  track: z
    .enum(['stable', 'canary', 'preview'])
    .default('stable')
    .describe('Rollout track, a label of cheer_build_info'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
  auth: auth.prefault({}),
  ingest: ingest.prefault({}),
  tenants: z
    .record(z.string().min(1), tenant)
    .default({})
    .describe('Quota and priority by tenant: eventsPerSecond, bytesPerSecond, burstSeconds, priority'),
  dedupe: dedupe.prefault({}),
  outbox: outbox.prefault({}),
  enrich: z
    .array(stepSchema)
    .default([{ step: 'normalize' }, { step: 'fingerprint' }, { step: 'lateness' }])
    .describe('Enrichment steps, in order'),
  publish: publish.prefault({}),
  kafka: kafka.prefault({}),
  log: log.prefault({}),
  slo: slo.prefault({}),
  cheer: cheer.prefault({}),
  flags: flags.prefault({}),
  consul: consul.prefault({}),
});

export const configSchema = sections.superRefine((config, context) => {
  const names = ['http', 'grpc', 'admin'] as const;
  names.forEach((name, index) => {
    const first = names.slice(0, index).find((other) => addressesClash(config[other], config[name]));
    if (first === undefined) return;
    const message = `is where ${first} listens (${config[first]}): give each a port of its own`;
    context.addIssue({ code: 'custom', path: [name], message });
  });
  const problem = jwksUriProblem(config);
  if (problem) context.addIssue({ code: 'custom', path: ['auth', 'jwt', 'jwksUri'], message: problem });
});

export type Config = z.infer<typeof configSchema>;
export type ApiKey = z.infer<typeof apiKey>;
export type AuthConfig = z.infer<typeof auth>;
export type Limits = z.infer<typeof limits>;
