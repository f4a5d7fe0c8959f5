import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '@selfcheer/cheer-kit';
import { eventually } from '../../../cheer-kit/test/wait';
import { TargetWatch, type TargetLink, type TargetReading, type TargetWatchOptions } from './targets-watch';

const summary = (state = 'green') => ({
  service: 'orders',
  version: '1.2.3',
  track: 'stable',
  mode: 'normal',
  more: 'fields may be added',
  cheer: { state, score: 94, idle: false, since: '2026-01-01T00:00:00.000Z', reasons: [] },
});
const json =
  (body: unknown): RequestListener =>
  (_request, response) =>
    response.end(JSON.stringify(body));

let server: Server | undefined;
let watch: TargetWatch | undefined;
let answer: RequestListener;
let links: TargetLink[];
let clock: ManualClock;

afterEach(async () => {
  await watch?.stop();
  await gone();
});

/** The service ends, with all of its connections. */
async function gone(): Promise<void> {
  const ending = server;
  server = undefined;
  if (!ending) return;
  ending.closeAllConnections();
  await new Promise((resolve) => ending.close(resolve));
}

async function serve(port = 0): Promise<number> {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function look(port: number, options: Partial<TargetWatchOptions> = {}): () => TargetReading {
  links = [];
  clock = new ManualClock();
  const one = new TargetWatch({
    ...{ target: { name: 'orders', url: `http://127.0.0.1:${port}` }, userAgent: 'test', clock },
    ...{ intervalMs: 2, timeoutMs: 1_000, onLink: (link) => links.push(link), ...options },
  });
  watch = one;
  one.start();
  return () => one.reading();
}

test('nothing is known before the first answer, and then what it said', async () => {
  let go: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    go = resolve;
  });
  answer = (request, response) => void asked.then(() => json(summary())(request, response));
  const reading = look(await serve());
  expect(reading()).toEqual({ target: expect.anything(), link: 'connecting' });
  go();
  await eventually(() => reading().link === 'live');
  expect(reading()).toMatchObject({ last: { summary: { service: 'orders', cheer: { state: 'green' } } } });
  expect(reading().detail).toBeUndefined();
});

test('follows what it says, asks with the key, and for nothing but the summary', async () => {
  const seen = new Set<string>();
  let state = 'green';
  answer = (request, response) => {
    seen.add(
      `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['user-agent']}`,
    );
    json(summary(state))(request, response);
  };
  const reading = look(await serve(), { apiKey: 'k' });
  await eventually(() => reading().link === 'live');
  state = 'red';
  await eventually(() => reading().last?.summary.cheer.state === 'red');
  expect([...seen]).toEqual(['GET /api/v1/summary Bearer k test']);
});

test('a service that is gone is stale with its age, and live again when it is back', async () => {
  answer = json(summary());
  const port = await serve();
  const reading = look(port);
  await eventually(() => reading().link === 'live');
  await gone();
  await eventually(() => reading().link === 'stale');
  clock.advance(42);
  expect(reading()).toMatchObject({
    detail: expect.stringContaining('ECONNREFUSED'),
    last: { ageSeconds: 42 },
  });
  await serve(port);
  await eventually(() => reading().link === 'live');
  expect(reading().last?.ageSeconds).toBe(0);
  expect(links).toEqual(['live', 'stale', 'live']);
});

test('one miss is none: the connection may have been closed while it was not used', async () => {
  let requests = 0;
  answer = (request, response) => {
    requests += 1;
    if (requests % 2 === 0) request.socket.destroy();
    else json(summary())(request, response);
  };
  const reading = look(await serve());
  await eventually(() => requests > 10);
  expect(reading().link).toBe('live');
  expect(links).toEqual(['live']);
});

test('what is older than 5 s is stale whatever the connection says', async () => {
  answer = json(summary());
  const reading = look(await serve(), { intervalMs: 60_000 });
  await eventually(() => reading().link === 'live');
  clock.advance(5);
  expect(reading().link).toBe('live');
  clock.advance(0.1);
  expect(reading()).toMatchObject({ link: 'stale', detail: 'it has not answered for a while' });
});

test('a service that never answered is unreachable', async () => {
  answer = json(summary());
  const port = await serve();
  await gone();
  const reading = look(port);
  await eventually(() => reading().link === 'unreachable');
  expect(reading()).toEqual({
    target: expect.anything(),
    link: 'unreachable',
    detail: `connect ECONNREFUSED 127.0.0.1:${port}`,
  });
});

test.each([401, 403])('%i: it wants a key', async (status) => {
  answer = (_request, response) => response.writeHead(status).end('{}');
  const port = await serve();
  let reading = look(port);
  await eventually(() => reading().link === 'locked');
  expect(reading().detail).toMatch(/^it wants a key: .*SELFCHEER_API_KEY/);
  await watch?.stop();
  reading = look(port, { apiKey: 'wrong' });
  await eventually(() => reading().link === 'locked');
  expect(reading().detail).toMatch(/^it does not take the key/);
});

test.each<[string, RequestListener, string]>([
  ['says nothing', () => undefined, 'no answer within 0.05 s'],
  ['begins and says no more', (_, response) => void response.write('{'), 'no answer within 0.05 s'],
  ['is another server', json({ hello: 'world' }), 'its answer is not that of an admin port'],
  ['has no JSON', (_, response) => response.end('<html>'), 'its answer is not that of an admin port'],
  ['has a state of its own', json(summary('purple')), 'its answer is not that of an admin port'],
  ['is broken', (_, response) => response.writeHead(500).end(), 'it answered 500 to /api/v1/summary'],
  ['sends elsewhere', (_, response) => response.writeHead(302, { location: '/' }).end(), 'it answered 302'],
  [
    'never ends',
    (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    },
    'its answer is not that of an admin port',
  ],
])('one that %s is not live', async (_name, odd, detail) => {
  answer = odd;
  const timeoutMs = detail.startsWith('no answer') ? 50 : 2_000;
  const reading = look(await serve(), { timeoutMs });
  await eventually(() => reading().link === 'unreachable');
  expect(reading().detail).toContain(detail);
});

test('stops in the middle of a question', async () => {
  let asked = false;
  answer = () => {
    asked = true;
  };
  look(await serve(), { timeoutMs: 60_000 });
  await eventually(() => asked);
  await watch?.stop();
  expect(links).toEqual([]);
});
