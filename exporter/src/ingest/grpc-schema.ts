import { join } from 'node:path';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { Root, type Type } from 'protobufjs';

/** `proto/` of the package: as far from `src/ingest` as from `dist/ingest`. */
const directory = join(__dirname, '..', '..', 'proto');
const files = ['selfcheer/v1/ingest.proto', 'selfcheer/v1/cheer.proto', 'google/rpc/details.proto'];

/** Our services, as health knows them by name. */
export const serviceNames = ['selfcheer.v1.IngestService', 'selfcheer.v1.CheerService'] as const;

/** The closed list of `grpc_server_handled_total{method}`. */
export const grpcMethods = [
  'selfcheer.v1.IngestService/Ingest',
  'selfcheer.v1.IngestService/IngestBatch',
  'selfcheer.v1.IngestService/IngestStream',
  'selfcheer.v1.CheerService/GetCheer',
  'selfcheer.v1.CheerService/WatchCheer',
  'grpc.health.v1.Health/Check',
  'grpc.health.v1.Health/Watch',
] as const;
export type GrpcMethod = (typeof grpcMethods)[number];

export interface GrpcSchema {
  /** What reflection knows: our services, health, and the details of a status, all with their file descriptors. */
  readonly definition: PackageDefinition;
  readonly ingestService: ServiceDefinition;
  readonly cheerService: ServiceDefinition;
  readonly ingestResponse: Type;
  readonly ingestBatchResponse: Type;
  readonly cheer: Type;
  readonly status: Type;
  readonly retryInfo: Type;
  readonly errorInfo: Type;
  readonly badRequest: Type;
}

let loaded: GrpcSchema | undefined;

/** Reads the contract from `proto/`, once. Throws when a file is missing: the package is not whole then. */
export function grpcSchema(): GrpcSchema {
  return (loaded ??= load());
}

function load(): GrpcSchema {
  const definition = loadSync([...files, 'grpc/health/v1/health.proto'], {
    keepCase: true,
    includeDirs: [directory],
  });
  const root = new Root();
  root.resolvePath = (_origin, target) => join(directory, target);
  root.loadSync(files, { keepCase: true }).resolveAll();
  const type = (name: string): Type => root.lookupType(name);
  return {
    definition,
    ingestService: asBytes(definition, 'selfcheer.v1.IngestService'),
    cheerService: asBytes(definition, 'selfcheer.v1.CheerService'),
    ingestResponse: type('selfcheer.v1.IngestResponse'),
    ingestBatchResponse: type('selfcheer.v1.IngestBatchResponse'),
    cheer: type('selfcheer.v1.Cheer'),
    status: type('google.rpc.Status'),
    retryInfo: type('google.rpc.RetryInfo'),
    errorInfo: type('google.rpc.ErrorInfo'),
    badRequest: type('google.rpc.BadRequest'),
  };
}

/**
 * The service with its messages left as bytes. grpc-js answers INTERNAL when a deserializer throws, so decoding is
 * left to the handler, which knows what to say; and encoding too, which then need not go through `fromObject`.
 */
function asBytes(definition: PackageDefinition, name: string): ServiceDefinition {
  const methods: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  for (const [method, described] of Object.entries(definition[name] as ServiceDefinition)) {
    methods[method] = {
      path: described.path,
      requestStream: described.requestStream,
      responseStream: described.responseStream,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
  }
  return methods;
}

function same(bytes: Buffer): Buffer {
  return bytes;
}
