import { AdminServer, keyed, send } from '../../test/admin-server';
import { fakeServiceView, startedAt, type FakeServiceView } from '../../test/fake-service-view';
import { HttpError } from '../resilience/errors';
import { createAdminApp, type AdminAppOptions } from './admin-app';
import { onlyMethod, ProblemError } from './problem';

let server: AdminServer | undefined;
let faults: unknown[];

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(
  options: Partial<AdminAppOptions> = {},
  view: FakeServiceView = fakeServiceView(),
): Promise<string> {
  faults = [];
  const onError = (error: unknown): number => faults.push(error);
  server = await AdminServer.start(createAdminApp({ view, loopback: true, onError, ...options }));
  return server.url;
}

const get = async (url: string): Promise<unknown> => (await fetch(url)).json();
const json = { 'Content-Type': 'application/json' };

describe('API', () => {
  test('summary of a service that publishes nothing and has no quarantine says null there', async () => {
    const url = await serve();
    const response = await fetch(`${url}/api/v1/summary`);
    const body = await response.json();
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('etag')).toBeNull();
    expect(body).toMatchObject({
      service: 'shop',
      version: '1.2.3',
      track: 'canary',
      sink: null,
      topic: null,
      started_at: new Date(startedAt).toISOString(),
      mode: 'normal',
      cheer: { state: 'green', score: 94 },
      pipeline: { stages: [], lanes: [] },
      flags: [{ flag: 'health-cheer' }],
      quarantined: null,
      latest_sequence: 7,
      caller: { name: 'anonymous', roles: ['producer', 'reader', 'operator'] },
    });
    expect(JSON.stringify(body)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  });

  test.each([
    ['cheer', { state: 'green', error_budget_remaining_ratio: 0.94, cheers_total: 18_204, misses_total: 11 }],
    ['cheer', { conditions: [{ figure: 0.94 }, { figure: null }] }],
    ['slo', { slos: [{ name: 'http-availability', objective_ratio: 0.999, good_ratio: null }] }],
    ['pipeline', { stages: [], queues: [{ saturation_ratio: 0.1, oldest_age_seconds: null }], lanes: [] }],
    ['breakers', { breakers: [{ downstream: 'stock', state: 'half_open' }] }],
    [
      'flags',
      {
        flags: [{ flag: 'health-cheer', variant: 'on', value: true, reason: 'STATIC', description: null }],
      },
    ],
    ['resources', { cpu_cores: null, rss_bytes: null, disk_free_bytes: null }],
    ['events?after=5', { latest_sequence: 7, events: [{ sequence: 6, kind: 'miss' }, { sequence: 7 }] }],
  ])('GET /api/v1/%s', async (path, expected) => {
    const response = await fetch(`${await serve()}/api/v1/${path}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(expected);
  });

  test.each([
    ...['cheer', 'slo', 'pipeline', 'breakers', 'flags', 'resources', 'summary', 'stream'].map(
      (path) => `/api/v1/${path}`,
    ),
    '/api/v1/events',
    '/metrics',
    '/health',
  ])('%s refuses a parameter that it does not know', async (path) => {
    const url = await serve();
    for (const query of ['verbose=1', 'verbose', '__proto__=1', '=1', 'after[]=1', 'Window=1']) {
      const { status, body } = await send(`${url}${path}?${query}`, 'GET');
      expect([path, query, status]).toEqual([path, query, 400]);
      expect(JSON.parse(body)).toMatchObject({ code: 'bad_query' });
    }
  });

  test.each([
    ['', null],
    ['?window=300', 300],
    ['?window=99999s', 99_999],
    ['?window=5m', 300],
    ['?window=999h', 3_596_400],
  ])('the window of /api/v1/cheer%s', async (query, seconds) => {
    const body = await get(`${await serve()}/api/v1/cheer${query}`);
    if (seconds === null) expect(body).toMatchObject({ state: 'green', window: null });
    else expect(body).toMatchObject({ state: 'green', window: { seconds, complete: true } });
  });

  test('says which parameters there are', async () => {
    const url = await serve();
    expect(await get(`${url}/api/v1/events?aftr=1`)).toMatchObject({
      detail: 'aftr is no parameter here: this takes after.',
    });
    expect(await get(`${url}/api/v1/slo?x=1`)).toMatchObject({
      detail: 'x is no parameter here: this takes none.',
    });
  });

  test.each([
    ['GET', '/api/v1/events?after=-1', 400, 'bad_query'],
    ['GET', '/api/v1/events?after=1&after=2', 400, 'bad_query'],
    ['GET', '/api/v1/events?after=', 400, 'bad_query'],
    ['GET', '/api/v1/cheer?window=0', 400, 'bad_query'],
    ['GET', '/api/v1/cheer?window=', 400, 'bad_query'],
    ['GET', '/api/v1/cheer?window=1d', 400, 'bad_query'],
    ['GET', '/api/v1/cheer?window=100000', 400, 'bad_query'],
    ['GET', '/api/v1/cheer?window=5M', 400, 'bad_query'],
    ['GET', '/api/v1/cheer?window=1.5h', 400, 'bad_query'],
    ['GET', '/api/v1/cheer?window=5m&window=5m', 400, 'bad_query'],
    ['POST', '/api/v1/summary', 405, 'method_not_allowed'],
    ['DELETE', '/api/v1/flags', 405, 'method_not_allowed'],
    ['POST', '/metrics', 405, 'method_not_allowed'],
    ['POST', '/healthz', 405, 'method_not_allowed'],
    ['GET', '/api/v1/nothing', 404, 'not_found'],
    ['GET', '/', 404, 'not_found'],
    ['GET', '/%zz', 404, 'not_found'],
  ])('%s %s is %i %s as problem+json', async (method, path, status, code) => {
    const url = await serve();
    const { status: got, headers, body } = await send(url + path, method, json);
    expect(got).toBe(status);
    expect(headers['content-type']).toMatch('application/problem+json');
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
    });
    if (status === 405) expect(headers.allow).toBe('GET, HEAD');
    expect(faults).toEqual([]);
  });
});

describe('probes, metrics and health', () => {
  test('probes say 503 and why, and mind no parameter', async () => {
    const readiness = () => Promise.resolve({ ok: false, detail: 'draining' });
    const url = await serve({}, fakeServiceView({ readiness }));
    expect((await fetch(`${url}/healthz?from=balancer`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz?from=balancer`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'failed', detail: 'draining' });
  });

  test.each([
    ['ok', 200],
    ['degraded', 200],
    ['failed', 503],
  ] as const)('health that is %s answers %i with every check', async (status, code) => {
    const report = {
      status,
      timestamp: '2026-01-01T00:00:00.000Z',
      checks: { store: { status, detail: 'a' } },
    };
    const url = await serve({}, fakeServiceView({ health: () => Promise.resolve(report) }));
    const response = await fetch(`${url}/health`);
    expect(response.status).toBe(code);
    expect(await response.json()).toEqual(report);
  });

  test('metrics come in the format that Accept asks for', async () => {
    const url = await serve();
    const response = await fetch(`${url}/metrics`, { headers: { Accept: 'application/openmetrics-text' } });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('# application/openmetrics-text\n');
  });
});

describe('who may what', () => {
  const readable = [
    '/metrics',
    '/health',
    '/api/v1/summary',
    '/api/v1/events',
    '/api/v1/breakers',
    '/api/v1/flags',
  ];

  test.each([
    [undefined, 401],
    ['nobody', 401],
    ['pia', 403],
    ['ron', 200],
  ])('with keys configured %s reads with %i', async (key, status) => {
    const url = await serve({ authenticator: keyed });
    const headers: Record<string, string> = key ? { Authorization: `Bearer ${key}` } : {};
    for (const path of readable) {
      const response = await fetch(url + path, { headers });
      expect([path, response.status]).toEqual([path, status]);
      if (status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
      await response.text();
    }
    for (const path of ['/healthz', '/readyz']) {
      expect([path, (await fetch(url + path, { headers })).status]).toEqual([path, 200]);
    }
  });

  test('on loopback without keys a foreign Host is refused (DNS rebinding), save for the probes', async () => {
    const url = await serve({ page: (_request, response) => void response.send('page') });
    const status = async (path: string, host: string): Promise<number> =>
      (await send(url + path, 'GET', { Host: host })).status;
    expect(await status('/api/v1/summary', 'evil.example')).toBe(421);
    expect(await status('/', 'evil.example:9464')).toBe(421);
    expect(await status('/metrics', '127.0.0.1.evil.example')).toBe(421);
    expect(await status('/healthz', 'pod.example')).toBe(200);
    for (const host of ['localhost', 'LOCALHOST:9464', '127.0.0.1:9464', '127.9.9.9', '[::1]:9464']) {
      expect([host, await status('/', host)]).toEqual([host, 200]);
    }
  });

  test.each<[string, Partial<AdminAppOptions>]>([
    ['bound wider', { loopback: false }],
    ['with keys', { authenticator: keyed }],
  ])('%s any Host may be used', async (_name, options) => {
    const url = await serve(options);
    const headers = { Host: 'selfcheer.example', Authorization: 'Bearer ron' };
    expect((await send(`${url}/api/v1/summary`, 'GET', headers)).status).toBe(200);
  });
});

describe('what a service adds', () => {
  const extend: AdminAppOptions['extend'] = (api, { reader, operator }) => {
    api.get('/orders', reader, (_request, response) => void response.json({ orders: 3 }));
    api.post('/orders', ...operator, (_request, response) => void response.json({ done: true }));
    api.all('/orders', onlyMethod('GET'));
    api.get('/broken/:how', (request) => {
      const how = String(request.params['how']);
      if (how === 'problem') throw new ProblemError(409, 'superseded', 'No.', { 'X-Why': 'it' });
      if (how === 'retriable') throw new HttpError(503, 'the  store\nis away');
      if (how === 'coded') throw new HttpError(404, 'secret path');
      throw Object.assign(new Error('secret path'), { code: 'ENOENT' });
    });
  };

  test('is behind its guards, beside what the kit has', async () => {
    const url = await serve({ extend, authenticator: keyed });
    const status = async (method: string, key: string, headers = {}): Promise<number> =>
      (await send(`${url}/api/v1/orders`, method, { Authorization: `Bearer ${key}`, ...headers })).status;
    expect(await status('GET', 'ron')).toBe(200);
    expect(await status('GET', 'pia')).toBe(403);
    expect(await status('POST', 'ron', json)).toBe(403);
    expect(await status('POST', 'ann', json)).toBe(200);
    expect(await status('POST', 'ann')).toBe(415);
    expect(await status('DELETE', 'ann')).toBe(405);
    const ron = { Authorization: 'Bearer ron' };
    expect((await send(`${url}/api/v1/cheer`, 'GET', ron)).status).toBe(200);
  });

  test.each<[string, Record<string, string>, number]>([
    ['a form', { 'Content-Type': 'text/plain' }, 415],
    ['no content type', {}, 415],
    ['a foreign page', { ...json, Origin: 'http://evil.example' }, 403],
    ['a page on another port', { ...json, Origin: 'http://127.0.0.1:1' }, 403],
    ['a sandboxed page', { ...json, Origin: 'null' }, 403],
    ['another site by fetch metadata', { ...json, 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['the page itself', { 'Content-Type': 'application/json; charset=utf-8', Origin: 'self' }, 200],
    ['curl', json, 200],
  ])('a POST from %s', async (_name, headers, status) => {
    const url = await serve({ extend });
    const origin = headers['Origin'] === 'self' ? { Origin: url } : {};
    expect((await send(`${url}/api/v1/orders`, 'POST', { ...headers, ...origin })).status).toBe(status);
  });

  test.each([
    ['problem', 409, 'superseded', 'No.', 0],
    ['retriable', 503, 'http_status', 'the store is away', 0],
    ['coded', 500, 'http_status', expect.not.stringContaining('secret'), 1],
    ['foreign', 500, 'internal', expect.not.stringContaining('secret'), 1],
  ])('what it throws (%s) is a problem', async (how, status, code, detail, told) => {
    const url = await serve({ extend });
    const answer = await send(`${url}/api/v1/broken/${how}`, 'GET');
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status, code, detail });
    expect(faults).toHaveLength(told);
    if (how === 'retriable') expect(answer.headers['retry-after']).toBe('1');
    if (how === 'problem') expect(answer.headers['x-why']).toBe('it');
  });

  test('a path that can not be decoded is 400', async () => {
    const url = await serve({ extend });
    expect((await send(`${url}/api/v1/broken/%zz`, 'GET')).status).toBe(400);
    expect(faults).toEqual([]);
  });

  test('a page comes with a policy that forbids inline code, framing and foreign sources', async () => {
    const url = await serve({ page: (_request, response) => void response.send('page') });
    const { headers } = await fetch(url);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
