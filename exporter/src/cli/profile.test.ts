import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn, type Given, type Outcome } from '../../test/helpers/cli';

let cwd: string;
let server: Server;
let calls: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

const cpuProfile = { nodes: [], startTime: 0, endTime: 1, samples: [], timeDeltas: [] };
const json = (status: number, body: unknown) => (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-cli-'));
  calls = [];
  answer = json(200, cpuProfile);
  server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim());
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  rmSync(cwd, { recursive: true, force: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function profile(argv: readonly string[], given?: Given): Promise<Outcome> {
  const admin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return runIn(cwd, ['profile', ...argv, '--admin', admin], given);
}

test('asks the service and writes the file', async () => {
  const { code, out, err } = await profile(['cpu', '--seconds', '30', '-o', 'here.cpuprofile'], {
    env: { SELFCHEER_API_KEY: 'k' },
  });
  expect({ code, err }).toEqual({ code: 0, err: 'Sampling for 30 s ...\n' });
  expect(out).toBe("here.cpuprofile (1 KiB): load it in the Performance panel of Chrome's DevTools.\n");
  expect(calls).toEqual(['POST /api/v1/profile/cpu?seconds=30&thread=main Bearer k']);
  expect(JSON.parse(readFileSync(join(cwd, 'here.cpuprofile'), 'utf8'))).toEqual(cpuProfile);
});

test('names the file by its time, and asks for ten seconds of the main thread', async () => {
  answer = json(200, { head: {}, samples: [] });
  expect((await profile(['heap'])).code).toBe(0);
  expect(calls).toEqual(['POST /api/v1/profile/heap?seconds=10&thread=main']);
  expect(readdirSync(cwd)).toEqual([expect.stringMatching(/^selfcheer-heap-\d{8}T\d{6}Z\.heapprofile$/)]);
});

test('writes to standard output and nothing else there', async () => {
  const { code, out } = await profile(['cpu', '--thread', 'relay', '-o', '-']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(cpuProfile);
  expect(readdirSync(cwd)).toEqual([]);
  expect(calls).toEqual(['POST /api/v1/profile/cpu?seconds=10&thread=relay']);
});

test.each<[string, number, object, RegExp]>([
  [
    'one is running',
    409,
    { code: 'profile_running', detail: 'A profile is being taken already.' },
    /being taken already/,
  ],
  [
    'no such thread',
    400,
    { code: 'unknown_thread', detail: 'There is no thread named x.' },
    /There is no thread named x\.$/m,
  ],
  [
    'no operator',
    403,
    { code: 'forbidden', detail: 'ron does not have the role operator.' },
    /operator\. Give a key/,
  ],
  [
    'an old service',
    404,
    { code: 'not_found', detail: 'There is nothing there.' },
    /Is --admin the admin address/,
  ],
  ['something else', 200, { hello: 1 }, /The answer is no profile/],
])('says what is wrong: %s', async (_name, status, body, message) => {
  answer = json(status, body);
  const { code, err } = await profile(['cpu']);
  expect(code).toBe(1);
  expect(err).toMatch(message);
  expect(readdirSync(cwd)).toEqual([]);
});

test('tells that the file can not be written before anything is asked', async () => {
  const { code, err } = await profile(['cpu', '-o', 'none/x.cpuprofile']);
  expect(code).toBe(2);
  expect(err).toMatch(/Can't write none\/x\.cpuprofile/);
  expect(calls).toEqual([]);
});

test.each([
  ['a file', 'here.cpuprofile', /^selfcheer: here\.cpuprofile is there already: .*-o/],
  ['a directory', 'old', /^selfcheer: old is there already: .*-o/],
])('%s that is there already stays as it is, and nothing is asked', async (_name, output, message) => {
  writeFileSync(join(cwd, 'here.cpuprofile'), 'older');
  mkdirSync(join(cwd, 'old'));
  const { code, err } = await profile(['cpu', '-o', output]);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  expect(calls).toEqual([]);
  expect(readFileSync(join(cwd, 'here.cpuprofile'), 'utf8')).toBe('older');
});

test('an interrupt leaves the service alone, and no file', async () => {
  const stop = new AbortController();
  const left = new Promise((resolve) => {
    answer = (_request, response) => {
      response.on('close', resolve);
      stop.abort();
    };
  });
  const { code, err } = await profile(['cpu', '-o', 'here.cpuprofile'], { signal: stop.signal });
  await left;
  expect(code).toBe(1);
  expect(err).toMatch(/Interrupted: the service has stopped sampling, nothing was written/);
  expect(readdirSync(cwd)).toEqual([]);
});

test.each([
  [['cpu', '--seconds', 'x'], /whole number/],
  [['cpu', '--seconds', '61'], /at most 60/],
  [['ram'], /unknown command/],
])('%j is wrong usage', async (argv, message) => {
  const { code, err } = await profile(argv);
  expect(code).toBe(2);
  expect(err).toMatch(message);
  expect(calls).toEqual([]);
});
