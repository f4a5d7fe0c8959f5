import { join } from 'node:path';
import {
  Client,
  credentials,
  Metadata,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { createAuthenticator, type CheerVerdict } from '@selfcheer/cheer-kit';
import { eventually } from '../../../cheer-kit/test/wait';
import { createGrpcServer, type GrpcServer } from '../../src/ingest/grpc-server';
import { grpcSchema } from '../../src/ingest/grpc-schema';
import { IngestFixture, type IngestFixtureOptions } from './ingest-fixture';

const proto = join(__dirname, '../../proto');
const definition = loadSync(['selfcheer/v1/ingest.proto', 'selfcheer/v1/cheer.proto'], {
  keepCase: true,
  longs: Number,
  enums: String,
  includeDirs: [proto],
});
const health = loadSync('health/v1/health.proto', {
  enums: String,
  defaults: true,
  includeDirs: [join(require.resolve('grpc-health-check'), '../../../proto')],
});

/** Waits for what a message in flight brings about. */
export { eventually as until };

export type Message = Record<string, unknown>;

/** A method of the contract as a foreign client knows it, from the .proto files alone. */
export function methodOf(path: string): MethodDefinition<Message, Message> {
  const [service, method] = path.split('/') as [string, string];
  const found = ({ ...definition, ...health }[service] as ServiceDefinition)[method];
  return found as unknown as MethodDefinition<Message, Message>;
}

/** The google.rpc details of an error: code and message of the Status, and each detail by its short name. */
export function detailsOf(error: ServiceError): Record<string, Message> {
  const schema = grpcSchema();
  const types: Record<string, { decode(bytes: Uint8Array): object }> = {
    RetryInfo: schema.retryInfo,
    ErrorInfo: schema.errorInfo,
    BadRequest: schema.badRequest,
  };
  const packed = error.metadata.get('grpc-status-details-bin');
  if (packed.length !== 1) throw new Error(`${packed.length} grpc-status-details-bin`);
  const status = schema.status.decode(packed[0] as Buffer) as unknown as {
    code: number;
    message: string;
    details: { type_url: string; value: Uint8Array }[];
  };
  const found: Record<string, Message> = { Status: { code: status.code, message: status.message } };
  for (const { type_url, value } of status.details) {
    const name = type_url.replace('type.googleapis.com/google.rpc.', '');
    found[name] = JSON.parse(JSON.stringify(types[name]!.decode(value))) as Message;
  }
  return found;
}

export const greenVerdict: CheerVerdict = {
  state: 'green',
  score: 97,
  idle: false,
  since: 1_700_000_000_000,
  reasons: [],
  conditions: [
    {
      ...{ name: 'latency', ok: true, figure: 0.004, limit: 0.1, unit: 'seconds', since: 1_700_000_000_000 },
      detail: 'p90 4 ms of 100 ms',
    },
  ],
  errorBudgetRemaining: 0.875,
  cheersTotal: 12,
  missesTotal: 1,
};

/** The gRPC server over a fake outbox, with a real client. */
export class GrpcFixture {
  readonly ingest: IngestFixture;
  readonly server: GrpcServer;
  readonly handled: string[] = [];
  readonly listeners = new Set<(verdict: CheerVerdict) => void>();
  verdict = greenVerdict;
  client!: Client;
  port = 0;

  constructor(options: IngestFixtureOptions & { reflection?: boolean } = {}) {
    this.ingest = new IngestFixture(options);
    this.server = createGrpcServer({
      intake: this.ingest.intake,
      authenticator: createAuthenticator({ apiKeys: options.apiKeys ?? [], jwt: options.jwt }),
      cheer: {
        current: () => this.verdict,
        subscribe: (listener) => {
          this.listeners.add(listener);
          return () => this.listeners.delete(listener);
        },
      },
      limits: this.ingest.limits,
      address: '127.0.0.1:0',
      reflection: options.reflection ?? true,
      observer: {
        grpcHandled: (method, code, seconds, traceId) => {
          if (!(seconds >= 0)) throw new Error(`${method} took ${seconds} s`);
          this.handled.push(`${method} ${code}`);
          this.ingest.traceIds.push(traceId);
        },
      },
      spans: options.spans,
    });
  }

  async start(): Promise<this> {
    this.port = await this.server.listen();
    this.client = new Client(`127.0.0.1:${this.port}`, credentials.createInsecure());
    return this;
  }

  async close(): Promise<void> {
    this.client.close();
    await this.server.drain(200);
  }

  /** A unary call; resolves with the answer or the error. */
  call(path: string, request: Message, options: CallOptions = {}): Promise<Message> {
    const { requestSerialize } = methodOf(path);
    return this.raw(path, requestSerialize(request), options);
  }

  /** A unary call with the bytes of its message as they are. */
  raw(path: string, request: Buffer, { metadata, deadline, signal }: CallOptions = {}): Promise<Message> {
    const { path: name, responseDeserialize } = methodOf(path);
    return new Promise((resolve, reject) => {
      const call = this.client.makeUnaryRequest(
        `${name}`,
        (bytes: Buffer) => bytes,
        responseDeserialize,
        request,
        metadataOf(metadata),
        deadline === undefined ? {} : { deadline },
        (error, answer) => (error ? reject(error) : resolve(answer!)),
      );
      signal?.addEventListener('abort', () => call.cancel());
    });
  }

  /** The error of a unary call. */
  async failure(path: string, request: Message | Buffer, options: CallOptions = {}): Promise<ServiceError> {
    const call = Buffer.isBuffer(request)
      ? this.raw(path, request, options)
      : this.call(path, request, options);
    return call.then(
      (answer) => {
        throw new Error(`answered ${JSON.stringify(answer)}`);
      },
      (error: ServiceError) => error,
    );
  }

  /** `IngestStream`; what is written goes out as bytes, so that it may be damaged. */
  ingestStream(metadata?: Record<string, string>): ClientDuplexStream<Buffer, Message> {
    const { path, responseDeserialize } = methodOf('selfcheer.v1.IngestService/IngestStream');
    const same = (bytes: Buffer): Buffer => bytes;
    return this.client.makeBidiStreamRequest(path, same, responseDeserialize, metadataOf(metadata));
  }

  watch(path: string, request: Message = {}): ClientReadableStream<Message> {
    const { path: name, requestSerialize, responseDeserialize } = methodOf(path);
    return this.client.makeServerStreamRequest(name, requestSerialize, responseDeserialize, request);
  }
}

export interface CallOptions {
  readonly metadata?: Record<string, string> | undefined;
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

/** The bytes of one `IngestRequest`. */
export function eventBytes(event: Message): Buffer {
  return methodOf('selfcheer.v1.IngestService/Ingest').requestSerialize(event);
}

/** All answers of a stream, and the error that it ended with. */
export async function collect(
  stream: ClientReadableStream<Message> | ClientDuplexStream<Buffer, Message>,
): Promise<{ answers: Message[]; error: ServiceError | undefined }> {
  const answers: Message[] = [];
  return new Promise((resolve) => {
    stream.on('data', (answer: Message) => answers.push(answer));
    stream.on('error', (error: ServiceError) => resolve({ answers, error }));
    stream.on('end', () => resolve({ answers, error: undefined }));
  });
}

function metadataOf(entries: Record<string, string> = {}): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value);
  return metadata;
}
