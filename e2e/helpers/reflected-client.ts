import path from 'node:path';
import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import {
  loadFileDescriptorSetFromBuffer,
  loadSync,
  type MessageTypeDefinition,
  type MethodDefinition,
  type Options,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';

export type Message = Record<string, unknown>;
type Method = MethodDefinition<Message, Message>;

const deadlineMs = 30_000;
const options: Options = { keepCase: true, longs: Number, enums: String };
const reflectionFile = 'grpc/reflection/v1/reflection.proto';
const reflectionFolder = path.join(path.dirname(require.resolve('@grpc/reflection')), '../proto');
const same = (bytes: Buffer): Buffer => bytes;

/** A gRPC client that knows nothing beforehand: it has the contract from the server's reflection, as grpcurl has. */
export class ReflectedClient {
  readonly #client: Client;
  #definition: PackageDefinition = {};

  readonly #metadata = new Metadata();

  private constructor(address: string, metadata: Readonly<Record<string, string>>) {
    this.#client = new Client(address, credentials.createInsecure(), {
      // The server of a test may be gone for seconds; grpc-js would wait for up to two minutes.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
    });
    for (const [name, value] of Object.entries(metadata)) this.#metadata.set(name, value);
  }

  /** `metadata` goes out with every call. */
  static async connect(
    address: string,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<ReflectedClient> {
    const connected = new ReflectedClient(address, metadata);
    const symbols = ['selfcheer.v1.IngestService', 'selfcheer.v1.CheerService', 'google.rpc.Status'];
    try {
      const files = await connected.#describe(symbols);
      connected.#definition = loadFileDescriptorSetFromBuffer(files, options);
    } catch (error) {
      connected.close();
      throw error;
    }
    return connected;
  }

  /** Answer of a unary method, named as `package.Service/Method`. A buffer goes out as it is, damaged or not. */
  unary(name: string, request: Message | Buffer): Promise<Message> {
    const { path: where, requestSerialize, responseDeserialize } = this.#method(name);
    const bytes = Buffer.isBuffer(request) ? request : requestSerialize(request);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        where,
        same,
        responseDeserialize,
        bytes,
        this.#metadata,
        { deadline: Date.now() + deadlineMs },
        (error, answer) => (error ? reject(error) : resolve(answer as Message)),
      );
    });
  }

  /** The error of a unary call that must fail. */
  async failure(name: string, request: Message | Buffer): Promise<ServiceError> {
    const answer = await this.unary(name, request).catch((error: unknown) => error as ServiceError);
    if (answer instanceof Error) return answer;
    throw new Error(`answered ${JSON.stringify(answer)}`);
  }

  /** Sends the messages over one stream and resolves with all answers when it ended well. */
  async stream(name: string, messages: readonly (Message | Buffer)[]): Promise<Message[]> {
    const { path: where, requestSerialize, responseDeserialize } = this.#method(name);
    const stream = this.#open(where, responseDeserialize);
    for (const message of messages)
      stream.write(Buffer.isBuffer(message) ? message : requestSerialize(message));
    stream.end();
    return collect(stream);
  }

  /** The bytes of a method's request. */
  encode(name: string, request: Message): Buffer {
    return this.#method(name).requestSerialize(request);
  }

  /** The google.rpc details of an error by their short names. */
  details({ metadata }: ServiceError): Record<string, Message> {
    const [packed] = metadata.get('grpc-status-details-bin');
    if (!Buffer.isBuffer(packed)) throw new Error('no grpc-status-details-bin');
    const status = this.#decode('google.rpc.Status', packed) as {
      details: { type_url: string; value: Buffer }[];
    };
    return Object.fromEntries(
      status.details.map(({ type_url: url, value }) => {
        const type = url.slice(url.indexOf('/') + 1);
        return [type.replace('google.rpc.', ''), this.#decode(type, value)];
      }),
    );
  }

  close(): void {
    this.#client.close();
  }

  #method(name: string): Method {
    const [service = '', method = ''] = name.split('/');
    const found = (this.#definition[service] as ServiceDefinition | undefined)?.[method];
    if (!found) throw new Error(`reflection knows no ${name}`);
    return found as unknown as Method;
  }

  #decode(type: string, bytes: Buffer): Message {
    return (this.#definition[type] as MessageTypeDefinition<object, Message>).deserialize(bytes);
  }

  #open(where: string, deserialize: (bytes: Buffer) => Message): ClientDuplexStream<Buffer, Message> {
    return this.#client.makeBidiStreamRequest(where, same, deserialize, this.#metadata, {
      deadline: Date.now() + deadlineMs,
    });
  }

  /** A FileDescriptorSet with everything that these symbols need. */
  async #describe(symbols: readonly string[]): Promise<Buffer> {
    const loaded = loadSync(reflectionFile, { ...options, includeDirs: [reflectionFolder] });
    const service = loaded['grpc.reflection.v1.ServerReflection'] as unknown as Record<string, Method>;
    const method = service['ServerReflectionInfo'] as Method;
    const stream = this.#open(method.path, method.responseDeserialize);
    for (const symbol of symbols) stream.write(method.requestSerialize({ file_containing_symbol: symbol }));
    stream.end();
    const files = new Map<string, Buffer>();
    for (const answer of await collect(stream)) {
      const found = answer['file_descriptor_response'] as { file_descriptor_proto: Buffer[] } | undefined;
      if (!found) throw new Error(`reflection answered ${JSON.stringify(answer)}`);
      for (const file of found.file_descriptor_proto) files.set(file.toString('latin1'), file);
    }
    // FileDescriptorSet has one field: `repeated FileDescriptorProto file = 1`.
    return Buffer.concat(
      [...files.values()].flatMap((file) => [Buffer.from([0x0a]), varint(file.length), file]),
    );
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

function collect(stream: ClientDuplexStream<Buffer, Message>): Promise<Message[]> {
  const answers: Message[] = [];
  return new Promise((resolve, reject) => {
    stream.on('data', (answer: Message) => answers.push(answer));
    stream.on('error', reject);
    stream.on('end', () => resolve(answers));
  });
}
