import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  Server as GrpcServer,
  ServerCredentials,
  status as grpcStatus,
  type MethodDefinition,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { messageOf } from '../errors';
import { otlpMessage, spansOfJson, spansOfProtobuf, type ReceivedSpan } from './otlp-spans';

export type { ReceivedSpan } from './otlp-spans';

export interface OtlpReceiverOptions {
  /** `http` takes protobuf and JSON, plain or gzipped. */
  readonly protocol: 'http' | 'grpc';
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** A free one when absent or 0. */
  readonly port?: number;
}

/** What an OTLP exporter talks to, and what it told. */
export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT, with both protocols. */
  readonly endpoint: string;
  /** Everything so far, in the order of arrival; of very many only the latest. */
  spans(): readonly ReceivedSpan[];
  /** The first span that fits, of those that are there or still come. Rejects after `ms` and says what was there. */
  waitFor(fits: (span: ReceivedSpan) => boolean, ms: number, signal?: AbortSignal): Promise<ReceivedSpan>;
  /** Cuts what is connected; who waits is rejected. */
  close(): Promise<void>;
}

const maxBytes = 16 * 1024 * 1024;
const maxSpans = 200_000;
const unzip = promisify(gunzip);

/**
 * A receiver of traces by the OpenTelemetry protocol (OTLP 1.x), which answers as a collector does: 200 or OK when the
 * spans are taken, 400 or INVALID_ARGUMENT with a google.rpc.Status when they can't be read. Rejects when it can't
 * listen.
 */
export async function startOtlpReceiver(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  const kept = new Spans();
  const { host = '127.0.0.1', port = 0 } = options;
  const server = await (options.protocol === 'grpc' ? listenGrpc : listenHttp)(kept, host, port);
  return {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`,
    spans: () => kept.all,
    waitFor: (fits, ms, signal) => kept.waitFor(fits, ms, signal),
    close: async () => {
      kept.close();
      await server.close();
    },
  };
}

interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

type Take = (spans: readonly ReceivedSpan[]) => void;

class Spans {
  all: ReceivedSpan[] = [];
  private readonly waiting = new Set<Take>();
  private readonly end = new AbortController();

  readonly take: Take = (spans) => {
    this.all = [...this.all, ...spans].slice(-maxSpans);
    for (const look of this.waiting) look(spans);
  };

  close(): void {
    this.end.abort(new Error('the receiver was closed'));
  }

  async waitFor(
    fits: (span: ReceivedSpan) => boolean,
    ms: number,
    signal?: AbortSignal,
  ): Promise<ReceivedSpan> {
    const found = this.all.find(fits);
    if (found) return found;
    const late = AbortSignal.timeout(ms);
    const end = AbortSignal.any([late, this.end.signal, ...(signal ? [signal] : [])]);
    let look: Take = () => undefined;
    let stop = (): void => undefined;
    try {
      return await new Promise<ReceivedSpan>((resolve, reject) => {
        look = (spans) => {
          const fitting = spans.find(fits);
          if (fitting) resolve(fitting);
        };
        stop = () => reject(end.reason === late.reason ? this.missing(ms) : (end.reason as Error));
        this.waiting.add(look);
        end.addEventListener('abort', stop);
        if (end.aborted) stop();
      });
    } finally {
      this.waiting.delete(look);
      end.removeEventListener('abort', stop);
    }
  }

  private missing(ms: number): Error {
    const names = [...new Set(this.all.map(({ name }) => name))].slice(0, 20);
    const seen = names.length === 0 ? 'none at all' : `${this.all.length}, named ${names.join(', ')}`;
    return new Error(`no such span within ${ms} ms; received: ${seen}`);
  }
}

async function listenHttp(kept: Spans, host: string, port: number): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    answer(request, response, kept.take).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, take: Take): Promise<void> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  const json = type === 'application/json';
  const refuse = (status: number, code: grpcStatus, message: string): void => {
    const error = { code, message };
    const described = otlpMessage('ExportError');
    response
      .writeHead(status, { 'content-type': json ? 'application/json' : 'application/x-protobuf' })
      .end(json ? JSON.stringify(error) : described.encode(error).finish());
  };
  if (request.url !== '/v1/traces') {
    return refuse(404, grpcStatus.UNIMPLEMENTED, 'only /v1/traces is here');
  }
  if (request.method !== 'POST') return refuse(405, grpcStatus.UNIMPLEMENTED, 'exports are POSTed');
  if (!json && type !== 'application/x-protobuf') {
    return refuse(415, grpcStatus.INVALID_ARGUMENT, 'use application/x-protobuf or application/json');
  }
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    return refuse(415, grpcStatus.INVALID_ARGUMENT, 'the only content encoding is gzip');
  }
  const body = await read(request);
  if (!body) return refuse(413, grpcStatus.RESOURCE_EXHAUSTED, `more than ${maxBytes} bytes`);
  try {
    const bytes = encoding === 'gzip' ? await unzip(body, { maxOutputLength: maxBytes }) : body;
    take(json ? spansOfJson(bytes.toString('utf8')) : spansOfProtobuf(bytes));
  } catch (error) {
    return refuse(400, grpcStatus.INVALID_ARGUMENT, messageOf(error));
  }
  // An empty ExportTraceServiceResponse: everything was taken.
  response.writeHead(200, { 'content-type': type }).end(json ? '{}' : undefined);
}

/** Undefined when it is too long; the rest is read and left, so that the sender gets its answer. */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
  }
  return length <= maxBytes ? Buffer.concat(parts) : undefined;
}

const same = (bytes: Buffer): Buffer => bytes;
const exportMethod: MethodDefinition<Buffer, Buffer> = {
  path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

async function listenGrpc(kept: Spans, host: string, port: number): Promise<Listening> {
  const server = new GrpcServer({ 'grpc.max_receive_message_length': maxBytes });
  const take = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    try {
      kept.take(spansOfProtobuf(call.request));
    } catch (error) {
      return answer({ code: grpcStatus.INVALID_ARGUMENT, details: messageOf(error) });
    }
    answer(null, Buffer.alloc(0));
  };
  server.addService({ Export: exportMethod }, { Export: take });
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, number) =>
      error ? reject(error) : resolve(number),
    );
  });
  return {
    port: bound,
    close: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}
