import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Writer } from 'protobufjs';
import { request as httpRequest } from 'node:http';
import { cloudEvent, event, value } from './json';
import { cut, mutate, Random } from './random';
import type { Finding } from './run';
import { demand, parsed } from './target';

const wait = { ms: 10_000 };
const bodyStatuses = new Set([202, 207, 400, 409, 413, 415]);
const rawStatuses = new Set([...bodyStatuses, 200, 404, 405, 408, 417, 421, 426, 431, 501, 505]);
/** OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED, and UNAVAILABLE while it sheds; INTERNAL is for frames. */
const grpcStatuses = new Set(['0', '3', '8', '12', '13', '14']);
const mostResidentBytes = 1.5 * 2 ** 30;
const contentTypes = [
  'application/json',
  'application/x-ndjson',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'text/plain',
];

export interface LiveOptions {
  readonly addresses: { readonly http: string; readonly grpc: string; readonly admin: string };
  readonly pid: number;
  readonly http: number;
  readonly grpc: number;
  readonly seed: number;
  readonly shown: (finding: Finding) => void;
}

/** Sends what nobody should to the running service, and asks of it that it stays well and answers by the rules. */
export async function fuzzLive(options: LiveOptions): Promise<Readonly<Record<string, number>>> {
  const { addresses, pid } = options;
  const inputs: Record<string, number> = {};
  const share = async (
    name: string,
    count: number,
    atOnce: number,
    run: (random: Random, input: (shown: Buffer) => void) => Promise<void>,
  ): Promise<void> => {
    inputs[name] = 0;
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < count; i = next++) {
        const seed = (options.seed + i * 2_654_435_761) >>> 0;
        let shown: Buffer = Buffer.alloc(0);
        try {
          await within(run(new Random(seed), (bytes) => (shown = bytes)));
        } catch (error) {
          const promise = error instanceof Error ? (error.stack ?? error.message) : String(error);
          options.shown({ target: name, seed, promise, input: shown.toString('latin1').slice(0, 2_000) });
        }
        inputs[name]! += 1;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    await isWell(addresses, pid).catch((error: unknown) => {
      const promise = error instanceof Error ? (error.stack ?? error.message) : String(error);
      options.shown({ target: name, seed: options.seed, promise, input: 'all of them' });
    });
  };
  await share('live http bodies', Math.ceil(options.http * 0.8), 16, (random, input) =>
    httpBody(addresses.http, random, input),
  );
  await share('live http bytes', Math.floor(options.http * 0.2), 16, (random, input) =>
    httpBytes(addresses.http, random, input),
  );
  await share('live grpc messages', Math.ceil(options.grpc * 0.8), 4, (random, input) =>
    grpcMessages(addresses.grpc, random, input),
  );
  await share('live grpc bytes', Math.floor(options.grpc * 0.2), 8, (random, input) =>
    grpcBytes(addresses.grpc, random, input),
  );
  return inputs;
}

function within(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${wait.ms} ms`)), wait.ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Alive, ready, not swollen, and a good event is taken. */
async function isWell(addresses: LiveOptions['addresses'], pid: number): Promise<void> {
  for (const path of ['/healthz', '/readyz']) {
    const response = await fetch(`http://${addresses.admin}${path}`);
    demand(response.status === 200, `${path} is 200`, response.status, await response.text());
  }
  const body = JSON.stringify({ event_id: `well-${performance.now()}`, payload: 1 });
  const headers = { 'content-type': 'application/json' };
  const deadline = performance.now() + wait.ms;
  for (let status = 503; status !== 202;) {
    const response = await fetch(`http://${addresses.http}/v1/events`, { method: 'POST', body, headers });
    await response.arrayBuffer();
    ({ status } = response);
    // On a slow machine it may still be shedding what came before.
    demand(
      status === 202 || (status === 503 && performance.now() < deadline),
      'a good event is taken',
      status,
    );
  }
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  demand(resident < mostResidentBytes, 'memory is bounded', resident);
}

function damaged(random: Random, make: () => string): Buffer {
  const bytes = Buffer.from(make());
  return random.oneIn(2) ? bytes : mutate(random, bytes, Buffer.from(make()));
}

function bodyOf(random: Random, type: string): Buffer {
  const many = (make: () => string, join: string): string => random.list(6, make).join(join);
  if (type.includes('ndjson'))
    return damaged(random, () => many(() => event(random).replaceAll(/[\r\n]/g, ' '), '\n'));
  if (type.includes('batch')) return damaged(random, () => `[${many(() => cloudEvent(random), ',')}]`);
  if (type.includes('cloudevents')) return damaged(random, () => cloudEvent(random));
  return damaged(random, () => (random.oneIn(2) ? event(random) : `[${many(() => event(random), ',')}]`));
}

async function httpBody(address: string, random: Random, input: (shown: Buffer) => void): Promise<void> {
  const type = random.pick(contentTypes);
  const plain = random.oneIn(300) ? Buffer.alloc(40 * 2 ** 20, 0x5b) : bodyOf(random, type);
  const zipped = plain.length > 2 ** 20 || random.oneIn(5);
  const whole = zipped ? gzipSync(plain, { level: 1 }) : plain;
  const body = zipped && random.oneIn(3) ? mutate(random, whole, whole) : whole;
  input(body.subarray(0, 2_000));
  const headers: Record<string, string> = { 'content-type': type };
  if (zipped) headers['content-encoding'] = 'gzip';
  if (random.oneIn(6))
    Object.assign(headers, {
      'ce-specversion': '1.0',
      'ce-id': encodeURI(value(random, 0).slice(0, 99)),
      'ce-source': '/s',
      'ce-type': 't',
    });
  const [host, port] = address.split(':');
  const reply = await new Promise<{ status: number; answer: Buffer } | undefined>((resolve, reject) => {
    const sent = httpRequest({ host, port, method: 'POST', path: '/v1/events', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer: Buffer.concat(chunks) }));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // An answer may come, and the connection be closed, before a body that is too large was sent.
      if (plain.length > 2 ** 20 && ['EPIPE', 'ECONNRESET'].includes(error.code ?? '')) resolve(undefined);
      else reject(error);
    });
    if (random.oneIn(2)) sent.end(body);
    else {
      for (const piece of body.length < 5_000 ? cut(random, body) : [body]) sent.write(piece);
      sent.end();
    }
  });
  if (reply) checkAnswer(reply.status, reply.answer, plain, type);
}

function checkAnswer(status: number, answer: Buffer, plain: Buffer, type: string): void {
  if (status === 503)
    return demand(/"code":"(overloaded|buffer_full)"/.test(answer.toString()), 'sheds', answer);
  demand(bodyStatuses.has(status), 'a status of the list', status, answer);
  const body = parsed(answer)?.value as { results?: { status: string }[]; code?: string } | undefined;
  demand(body !== undefined, 'the answer is JSON', answer);
  if (status === 202) {
    demand(body.results?.every((one) => one.status !== 'rejected') === true, '202 means that all were taken');
    if (type.endsWith('/json'))
      demand(
        parsed(plain.subarray(plain[0] === 0xef ? 3 : 0)) !== undefined || !plain.length,
        'and that it is JSON',
      );
  } else if (status === 207) {
    const kinds = new Set(body.results?.map((one) => one.status === 'rejected'));
    demand(kinds.has(true), '207 means that some were not');
  } else demand(typeof body.code === 'string', 'a problem has a code', answer);
}

const lines = [
  'POST /v1/events HTTP/1.1',
  'Host: 127.0.0.1',
  'Content-Type: application/json',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Expect: 100-continue',
  'Connection: close',
  'Content-Encoding: gzip',
  'traceparent: 00-x',
  'Prefer: return=minimal',
  'Upgrade: h2c',
  ' folded',
  'X: \u0000',
  ': ',
  'Content-Length: -1',
  'Content-Length: 5, 5',
];

/** HTTP that is none: whatever comes, it is answered by the rules or closed. */
function httpBytes(address: string, random: Random, input: (shown: Buffer) => void): Promise<void> {
  const end = random.pick(['\r\n', '\r\n', '\n', '\r']);
  const head =
    [lines[0]!, lines[1]!, ...random.list(6, () => random.pick(lines)), 'Connection: close'].join(end) +
    end +
    end;
  const body = random.pick([
    '',
    '5\r\n[1,2]\r\n0\r\n\r\n',
    'ffffffff\r\n',
    '5;x=y\r\n[1,2]\r\n0\r\nT: x\r\n\r\n',
    '[1,2]',
  ]);
  const bytes = mutate(random, Buffer.from(head + body), Buffer.from(head));
  input(bytes);
  return talk(address, random, bytes).then((answer) => {
    // 100 Continue is not the answer yet.
    const status = /^(?:HTTP\/1\.1 100 .*\r\n\r\n)*HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
    demand(answer === '' || status !== undefined, 'an answer is HTTP', answer.slice(0, 200));
    if (status !== undefined)
      demand(rawStatuses.has(Number(status)), 'a status of the list', answer.slice(0, 300));
  });
}

/** Sends the bytes in pieces, says that this was all, and resolves with what came back. */
function talk(address: string, random: Random, bytes: Buffer): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    let answer = '';
    const socket: Socket = connect(Number(port), host, () => {
      for (const piece of cut(random, bytes)) socket.write(piece);
      socket.end();
    });
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

function message(random: Random): Buffer {
  const writer = Writer.create();
  if (!random.oneIn(9)) writer.uint32(10).string(`g-${random.int(1e6)}`);
  if (!random.oneIn(9)) writer.uint32(random.oneIn(2) ? 18 : 58).bytes(Buffer.from(value(random, 2)));
  if (random.oneIn(3)) writer.uint32(24).int64(random.pick([1_735_689_600_000, -1, 0]));
  const one = Buffer.from(writer.finish());
  return random.oneIn(2) ? one : mutate(random, one, one);
}

function frame(random: Random, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = random.oneIn(12) ? random.int(256) : 0;
  head.writeUInt32BE(
    random.oneIn(12) ? random.pick([0, 1, body.length + 1, 2 ** 24, 2 ** 32 - 1]) : body.length,
    1,
  );
  return Buffer.concat([head, body]);
}

const paths = ['Ingest', 'IngestBatch', 'IngestStream', 'Nothing'];

/** Length-prefixed messages over good HTTP/2: wrong lengths, compressed that are not, damaged, several, half. */
async function grpcMessages(address: string, random: Random, input: (shown: Buffer) => void): Promise<void> {
  const session = connectHttp2(`http://${address}`);
  session.on('error', () => undefined);
  try {
    for (let count = 0; count < 10; count++) {
      const path = random.pick(paths);
      const batch = (): Buffer => {
        const writer = Writer.create();
        for (const one of random.list(4, () => message(random))) writer.uint32(10).bytes(one);
        return Buffer.from(writer.finish());
      };
      const bytes = Buffer.concat(
        random.list(3, () => frame(random, path === 'IngestBatch' ? batch() : message(random))),
      );
      input(bytes);
      await oneCall(session, path, cut(random, bytes));
    }
  } finally {
    session.destroy();
  }
}

function oneCall(
  session: ReturnType<typeof connectHttp2>,
  path: string,
  pieces: readonly Buffer[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/selfcheer.v1.IngestService/${path}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status: string | undefined;
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      const said = headers['grpc-status'];
      if (typeof said === 'string') status = said;
    };
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('data', () => undefined);
    stream.on('error', () => undefined); // a reset is an answer, too: it says what its code is
    stream.on('close', () => {
      if (status === undefined || grpcStatuses.has(status)) resolve();
      else reject(new Error(`grpc-status ${status} is none of the list`));
    });
    for (const piece of pieces) stream.write(piece);
    stream.end();
  });
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const settings = Buffer.from('000000040000000000', 'hex');

/** HTTP/2 that is none: frames of any type, length, flags and stream. */
async function grpcBytes(address: string, random: Random, input: (shown: Buffer) => void): Promise<void> {
  const frames = random.list(8, () => {
    const body = random.bytes(random.int(40));
    const head = Buffer.alloc(9);
    head.writeUIntBE(random.oneIn(5) ? random.int(2 ** 24) : body.length, 0, 3);
    head[3] = random.int(11);
    head[4] = random.int(256);
    head.writeUInt32BE(random.pick([0, 1, 2, 3, 2 ** 31 - 1, 2 ** 32 - 1]), 5);
    return Buffer.concat([head, body]);
  });
  const bytes = Buffer.concat([preface, settings, ...frames]);
  const sent = random.oneIn(3) ? mutate(random, bytes, preface) : bytes;
  input(sent);
  await talk(address, random, sent);
}
