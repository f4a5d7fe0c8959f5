import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { generate } from 'selfsigned';
import { ExporterProcess, root } from './helpers/exporter-process';
import { freePort } from './helpers/free-port';

const host = 'events.example.com';
const key = 'a key of 32 random bytes, as it were';
const apiKeys = [
  { name: 'shop', sha256: createHash('sha256').update(key).digest('hex'), roles: ['producer'] },
];

let folder: string;
let exporter: ExporterProcess;
let nginx: ChildProcess | undefined;
let port: number;
let ca: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-gateway-'));
  // Its workers may be another user.
  chmodSync(folder, 0o755);
  exporter = await ExporterProcess.start({
    SELFCHEER_AUTH_API_KEYS: JSON.stringify(apiKeys),
    SELFCHEER_INGEST_CORS: 'https://app.example.com',
  });
  const pems = await generate([{ name: 'commonName', value: host }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
  });
  ca = pems.cert;
  mkdirSync(path.join(folder, 'tls'));
  writeFileSync(path.join(folder, 'tls/tls.crt'), pems.cert);
  writeFileSync(path.join(folder, 'tls/tls.key'), pems.private);
});

afterEach(async () => {
  const child = nginx;
  nginx = undefined;
  if (!child || child.exitCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
});

afterAll(async () => {
  await exporter?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** deploy/gateway/nginx.conf with the addresses and files of this test, and what else is to be different. */
async function startNginx(...changes: readonly (readonly [was: string, is: string])[]): Promise<void> {
  port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${folder}/${of};`,
  );
  let text = readFileSync(path.join(root, 'deploy/gateway/nginx.conf'), 'utf8');
  for (const [was, is] of [
    ['/etc/nginx/tls', `${folder}/tls`],
    ['/run/nginx.pid', `${folder}/pid`],
    ['/var/log/nginx', folder],
    ['listen 80;', `listen 127.0.0.1:${await freePort()};`],
    ['listen 443 ', `listen 127.0.0.1:${port} `],
    ['127.0.0.1:8080', exporter.addresses.http],
    ['127.0.0.1:50051', exporter.addresses.grpc],
    ['\nhttp {', `\nhttp {\n${temporary.join('\n')}`],
    ...changes,
  ] as const) {
    expect(text).toContain(was);
    text = text.replaceAll(was, is);
  }
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, text);
  const child = spawn('nginx', ['-c', file, '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // Where Debian has it, which is not on everybody's path.
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  nginx = child;
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => (said += more));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    if (await listens(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function listens(on: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(on, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function ask(method: string, url: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { method, host: '127.0.0.1', port, path: url, ca, servername: host, agent: false };
    const request = https.request({ ...options, headers: { host, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    request.on('error', reject).end(body);
  });
}

const withKey = { 'content-type': 'application/json', 'x-api-key': key };
const event = (id: string): string => JSON.stringify({ event_id: id, payload: 'x' });

const contract = loadSync('selfcheer/v1/ingest.proto', {
  includeDirs: [path.join(root, 'exporter/proto')],
  keepCase: true,
});
const method = (contract['selfcheer.v1.IngestService'] as ServiceDefinition)['Ingest'] as MethodDefinition<
  object,
  object
>;

/** One event by gRPC over TLS: what is answered, or its status. */
async function ingest(id: string): Promise<unknown> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(ca)), {
    'grpc.ssl_target_name_override': host,
    'grpc.default_authority': host,
  });
  const metadata = new Metadata();
  metadata.set('x-api-key', key);
  try {
    return await new Promise((resolve) => {
      client.makeUnaryRequest(
        ...([method.path, method.requestSerialize, method.responseDeserialize] as const),
        { event_id: id, payload: 'x' },
        metadata,
        { deadline: Date.now() + 20_000 },
        (error: ServiceError | null, answer) => resolve(error ? error.code : answer),
      );
    });
  } finally {
    client.close();
  }
}

test('events come through, with who sent them, and the exporter answers', async () => {
  await startNginx();
  const taken = await ask('POST', '/v1/events', { ...withKey, 'x-request-id': 'mine' }, event('h-1'));
  expect(taken).toMatchObject({ status: 202, headers: { 'x-request-id': 'mine' } });
  expect(JSON.parse(taken.body)).toMatchObject({ accepted: 1 });
  expect(await ask('POST', '/v1/events', { 'content-type': 'application/json' }, event('h-2'))).toMatchObject(
    {
      status: 401,
    },
  );
  expect(await ingest('g-1')).toMatchObject({ event_id: 'g-1' });
});

test('a browser is answered by the exporter, once', async () => {
  await startNginx();
  const preflight = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };
  const leave = await ask('OPTIONS', '/v1/events', preflight);
  expect(leave.headers['access-control-allow-origin']).toBe('https://app.example.com');
  const other = await ask('OPTIONS', '/v1/events', { ...preflight, origin: 'https://other.example' });
  expect(other.headers['access-control-allow-origin']).toBeUndefined();
});

test('nothing else is for outside', async () => {
  await startNginx();
  const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  for (const url of ['/metrics', '/api/v1/summary', '/healthz', '/', '/v1/events/x', reflection]) {
    expect({ url, ...(await ask('GET', url, withKey)) }).toMatchObject({ url, status: 404 });
  }
});

test('too many requests of one address: 429 and RESOURCE_EXHAUSTED, with when to come again', async () => {
  await startNginx(['rate=200r/s', 'rate=1r/m'], ['burst=400', 'burst=1']);
  const answers: Answer[] = [];
  for (const id of ['r-1', 'r-2', 'r-3']) answers.push(await ask('POST', '/v1/events', withKey, event(id)));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
  expect(answers[2]?.headers).toMatchObject({
    'retry-after': '1',
    'content-type': 'application/problem+json',
  });
  expect(JSON.parse(answers[2]?.body ?? '')).toMatchObject({ status: 429, code: 'rate_limited' });
  expect(await ingest('r-4')).toBe(8);
});

test('no exporter: 502 and UNAVAILABLE', async () => {
  const nowhere = `127.0.0.1:${await freePort()}`;
  await startNginx([exporter.addresses.http, nowhere], [exporter.addresses.grpc, nowhere]);
  expect(await ask('POST', '/v1/events', withKey, event('n-1'))).toMatchObject({ status: 502 });
  expect(await ingest('n-2')).toBe(14);
});
