import { AdminServer, keyed, send } from '../../test/admin-server';
import { fakeServiceView } from '../../test/fake-service-view';
import { createAdminApp, type AdminAppOptions } from './admin-app';

const board = 'https://board.example';
let server: AdminServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(cors: readonly string[], more: Partial<AdminAppOptions> = {}): Promise<string> {
  const options = { view: fakeServiceView(), loopback: true, onError: () => undefined, cors };
  server = await AdminServer.start(createAdminApp({ ...options, ...more }));
  return server.url;
}

const allowed = async (url: string, method: string, headers: Record<string, string>) =>
  (await send(url, method, headers)).headers['access-control-allow-origin'];

test.each(['/api/v1/summary', '/api/v1/events?after=x', '/api/v1/nothing', '/metrics', '/health'])(
  'a page of an allowed origin reads %s, its problems included, and no other does',
  async (path) => {
    const url = await serve([board, 'http://localhost:3000']);
    expect(await allowed(url + path, 'GET', { Origin: board })).toBe(board);
    expect(await allowed(url + path, 'GET', { Origin: 'http://localhost:3000' })).toBe(
      'http://localhost:3000',
    );
    for (const Origin of [
      'null',
      'https://evil.example',
      'http://board.example',
      'https://board.example:444',
      'https://board.example.evil.example',
      'https://evilboard.example',
    ]) {
      expect([Origin, await allowed(url + path, 'GET', { Origin })]).toEqual([Origin, undefined]);
    }
    expect((await send(url + path, 'GET')).headers.vary).toContain('Origin');
  },
);

test('a key may come with it, cookies may not', async () => {
  const url = await serve([board], { authenticator: keyed });
  const preflight = await send(`${url}/api/v1/summary`, 'OPTIONS', {
    Origin: board,
    'Access-Control-Request-Method': 'GET',
    'Access-Control-Request-Headers': 'authorization',
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': board,
    'access-control-allow-methods': 'GET,HEAD',
    'access-control-allow-headers': 'Authorization,X-API-Key,Last-Event-ID',
  });
  expect(preflight.headers).not.toHaveProperty('access-control-allow-credentials');
  const refused = await send(`${url}/api/v1/summary`, 'GET', { Origin: board });
  expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, board]);
});

test('it changes nothing: a POST stays for the page of the service itself', async () => {
  const url = await serve([board], {
    extend: (api, { operator }) => {
      api.post('/orders', ...operator, (_request, response) => void response.json({}));
    },
  });
  const headers = { Origin: board, 'Content-Type': 'application/json' };
  expect((await send(`${url}/api/v1/orders`, 'POST', headers)).status).toBe(403);
});

test('nobody is let in unless somebody is named', async () => {
  const url = await serve([]);
  expect(await allowed(`${url}/api/v1/summary`, 'GET', { Origin: board })).toBeUndefined();
  expect((await send(`${url}/api/v1/summary`, 'OPTIONS', { Origin: board })).status).toBe(405);
});

test('a foreign Host is still refused', async () => {
  const url = await serve([board]);
  expect((await send(`${url}/api/v1/summary`, 'GET', { Origin: board, Host: 'evil.example' })).status).toBe(
    421,
  );
});

test.each([
  '*',
  'null',
  'board.example',
  'https://board.example/',
  'https://board.example:443',
  'file:///x',
  '',
])('%j is no origin', async (origin) => {
  await expect(serve([origin])).rejects.toThrow(RangeError);
});
