import { ports } from './names';

/** Where tokens come from, and the pages that may send events: the gateway and the exporter go by the same. */
export const jwt = {
  issuer: 'https://login.example.com/',
  audience: 'selfcheer',
  jwksUri: 'https://login.example.com/.well-known/jwks.json',
} as const;
export const corsOrigins: readonly string[] = ['https://app.example.com'];
/** Where producers outside the cluster send to. */
export const publicHost = 'events.example.com';

/** Seconds. */
export const drain = { lag: 10, drain: 30 } as const;

/** selfcheer.yaml of a pod that may be scaled, canaried and deleted freely: Kafka has what it acknowledged. */
export const exporterConfig = {
  http: `0.0.0.0:${ports.http}`,
  grpc: `0.0.0.0:${ports.grpc}`,
  admin: `0.0.0.0:${ports.admin}`,
  tls: 'mesh',
  ack: 'broker',
  dataDir: '/data',
  drainSeconds: drain.drain,
  readinessLagSeconds: drain.lag,
  kafka: { brokers: ['kafka-bootstrap.kafka.svc:9092'], topic: 'events' },
  outbox: { quotaBytes: 2 ** 30 },
  flags: { file: '/etc/selfcheer/flags/flags.json' },
  auth: { jwt },
  ingest: { cors: corsOrigins },
} as const;
