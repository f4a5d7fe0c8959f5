import { createServer, request, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { keyed, send } from '../../test/admin-server';
import { bytesOfHeapProfile, functionsOfCpuProfile } from '../../test/profile-format';
import { createGuards } from './guard';
import { problemHandler } from './problem';
import { profileRoutes } from './profile-routes';

let server: Server;
let url: string;
let failures: unknown[];

beforeEach(async () => {
  failures = [];
  const app = express();
  app.set('query parser', 'simple');
  app.use('/profile', profileRoutes(createGuards(keyed), 'shop "1"'));
  app.use(problemHandler((error) => failures.push(error)));
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/profile`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(failures).toEqual([]);
});

const operator = { authorization: 'Bearer ann', 'content-type': 'application/json' };
const post = (path: string, headers: Record<string, string> = operator) => send(url + path, 'POST', headers);

test('gives a profile as a file that DevTools open', async () => {
  const cpu = await post('/cpu?seconds=1');
  expect(cpu).toMatchObject({
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename=shop__1_-main.cpuprofile',
    },
  });
  expect(functionsOfCpuProfile(JSON.parse(cpu.body))).toContain('(root)');
  const heap = await post('/heap?seconds=1&thread=main');
  expect(heap.headers['content-disposition']).toContain('.heapprofile');
  expect(bytesOfHeapProfile(JSON.parse(heap.body)).size).toBeGreaterThan(0);
});

test.each<[string, Record<string, string>, number, string]>([
  ['/cpu?seconds=1', { ...operator, authorization: 'Bearer ron' }, 403, 'forbidden'],
  ['/cpu?seconds=1', { 'content-type': 'application/json' }, 401, 'unauthenticated'],
  ['/cpu?seconds=1', { ...operator, origin: 'http://evil.example' }, 403, 'cross_origin'],
  ['/cpu?seconds=0', operator, 400, 'bad_query'],
  ['/cpu?seconds=61', operator, 400, 'bad_query'],
  ['/cpu?second=1', operator, 400, 'bad_query'],
  ['/heap?seconds=1&thread=a&thread=b', operator, 400, 'bad_query'],
  ['/heap?seconds=1&thread=ghost', operator, 400, 'unknown_thread'],
])('refuses %s with %j: %i %s', async (path, headers, status, code) => {
  const answer = await post(path, headers);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ status, code });
});

test('is asked for by POST', async () => {
  expect(await send(`${url}/cpu`, 'GET', operator)).toMatchObject({
    status: 405,
    headers: { allow: 'POST' },
  });
});

test('takes one at a time, and ends with the request of who goes away', async () => {
  const asked = request(`${url}/cpu?seconds=60`, { method: 'POST', headers: operator, agent: false });
  asked.on('error', () => undefined).end();
  const busy = await untilBusy();
  expect(JSON.parse(busy.body)).toMatchObject({ status: 409, code: 'profile_running' });
  asked.destroy();
  await untilFree();
});

async function untilBusy(): Promise<Awaited<ReturnType<typeof post>>> {
  for (;;) {
    const answer = await post('/heap?seconds=1');
    if (answer.status === 409) return answer;
  }
}

async function untilFree(): Promise<void> {
  for (;;) if ((await post('/heap?seconds=1')).status === 200) return;
}
