import { Server, ServerCredentials, setLogger } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import type { Authenticator } from '@selfcheer/cheer-kit';
import { addressProblem } from '../config/address-problem';
import type { Limits } from '../config/schema';
import { limitConnections } from './grpc-connections';
import { getCheer, watchCheer, type CheerSource } from './grpc-cheer';
import { IngestRequestReader } from './grpc-decode';
import type { IngestSpans } from './ingest-spans';
import { grpcGate, type GrpcObserver } from './grpc-gate';
import { GrpcHealth } from './grpc-health';
import { ingestBatch, ingestOne } from './grpc-ingest';
import { grpcSchema, serviceNames } from './grpc-schema';
import { OpenStreams } from './grpc-open-streams';
import { ingestStream } from './grpc-stream';
import type { Intake } from './intake';
import { JsonScanner } from './json-scanner';

export interface GrpcServerOptions {
  readonly intake: Intake;
  readonly authenticator: Authenticator;
  readonly cheer: CheerSource;
  readonly limits: Pick<
    Limits,
    | 'bodyBytes'
    | 'connections'
    | 'eventsPerRequest'
    | 'headerBytes'
    | 'jsonDepth'
    | 'minBytesPerSecond'
    | 'requestSeconds'
  >;
  /** `host:port`; port 0 picks a free one. */
  readonly address: string;
  /** Tell clients the schema (grpc.reflection v1 and v1alpha). */
  readonly reflection: boolean;
  readonly observer: GrpcObserver;
  /** Absent while no traces are exported. */
  readonly spans?: IngestSpans | undefined;
}

export interface GrpcServer {
  /** Resolves with the bound port. Rejects with `address_unusable` when it can't listen there. */
  listen(): Promise<number>;
  /** What grpc.health.v1 answers. Not ready until told otherwise. */
  setReady(ready: boolean): void;
  /**
   * Sends GOAWAY, ends streams after what they read is answered, waits for calls that run, and cuts what is left after
   * `deadlineMs`. Close the intake's gate first. Resolves when every connection is closed; a second call is the first.
   */
  drain(deadlineMs: number): Promise<void>;
}

/** Calls that one connection may have open; group commit is at its best from about 128 on. */
const concurrentStreams = 256;
/** A peer that vanished without a word is noticed after at most these two together. */
const keepaliveTimeMs = 60_000;
const keepaliveTimeoutMs = 20_000;

/** grpc-js writes that it can't bind before it says so to its caller: once is enough. */
const quiet = (): void => undefined;
const silent = { error: quiet, info: quiet, debug: quiet };
const speak = (...parts: unknown[]): void => void process.stderr.write(`${parts.join(' ')}\n`);
const onStandardError = { error: speak, info: speak, debug: speak };

/** Ingest and cheer over gRPC: `selfcheer.v1`, health and reflection. Never throws at a message. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { authenticator, intake, cheer, limits, observer, spans } = options;
  const server = new Server({
    'grpc.max_receive_message_length': limits.bodyBytes,
    'grpc.max_concurrent_streams': concurrentStreams,
    'grpc.keepalive_time_ms': keepaliveTimeMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    interceptors: [grpcGate({ intake, authenticator, limits, observer, spans })],
  });
  const schema = grpcSchema();
  const health = new GrpcHealth();
  const open = new OpenStreams();
  const reader = new IngestRequestReader(new JsonScanner(limits.jsonDepth));
  const ingest = { intake, reader, cheer: () => cheer.current(), limits };
  server.addService(schema.ingestService, {
    Ingest: ingestOne(ingest),
    IngestBatch: ingestBatch(ingest),
    IngestStream: ingestStream(ingest, open),
  });
  server.addService(schema.cheerService, { GetCheer: getCheer(cheer), WatchCheer: watchCheer(cheer, open) });
  health.addTo(server, open);
  if (options.reflection) {
    new ReflectionService(schema.definition, {
      services: [...serviceNames, 'grpc.health.v1.Health'],
    }).addToServer(server);
  }

  let drained: Promise<void> | undefined;
  let unlimit = (): void => undefined;
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        setLogger(silent);
        server.bindAsync(options.address, ServerCredentials.createInsecure(), (error, port) => {
          setLogger(onStandardError);
          if (error) reject(addressProblem('grpc', options.address, error));
          else {
            unlimit = limitConnections(port, limits.connections);
            resolve(port);
          }
        });
      }),
    setReady: (ready) => health.set(ready),
    drain: (deadlineMs) => (drained ??= drain(deadlineMs)),
  };

  async function drain(deadlineMs: number): Promise<void> {
    health.set(false);
    open.drain();
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, deadlineMs);
      server.tryShutdown(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
    unlimit();
  }
}
