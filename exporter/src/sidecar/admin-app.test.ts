import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, request as rawRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { fakeAdminView, type FakeAdminView } from '../../test/helpers/fake-admin-view';
import { createAuthenticator } from '../auth/api-keys';
import type { ApiKey, Role } from '../config/schema';
import { SelfcheerError } from '../errors';
import type { QuarantineView } from './admin-view';
import { createAdminApp, type AdminApp, type AdminAppOptions } from './admin-app';

const open = createAuthenticator({ apiKeys: [] });
const apiKey = (name: string, roles: Role[]): ApiKey => ({
  name,
  roles,
  tenant: 'default',
  sha256: createHash('sha256').update(name).digest('hex'),
});
const keyed = createAuthenticator({
  apiKeys: [apiKey('ann', ['reader', 'operator']), apiKey('ron', ['reader']), apiKey('pia', ['producer'])],
});

let running: { server: Server; admin: AdminApp } | undefined;
let faults: unknown[];

afterEach(async () => {
  running?.admin.close();
  running?.server.closeAllConnections();
  await new Promise((resolve) => (running ? running.server.close(resolve) : resolve(undefined)));
  running = undefined;
});

async function serve(view: FakeAdminView, options: Partial<AdminAppOptions> = {}): Promise<string> {
  faults = [];
  const onError = (error: unknown): number => faults.push(error);
  const admin = createAdminApp({ view, authenticator: open, loopback: true, onError, ...options });
  const server = createServer(admin.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running = { server, admin };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** fetch sets Host and Origin itself; this sends them as given. */
function send(
  url: string,
  method: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = rawRequest(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject).end();
  });
}

const json = { 'Content-Type': 'application/json' };

describe('API', () => {
  test('summary holds everything that the page draws, in snake_case', async () => {
    const url = await serve(fakeAdminView('yellow'));
    const response = await fetch(`${url}/api/v1/summary`);
    const body = await response.json();
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('etag')).toBeNull();
    expect(body).toMatchObject({
      service: 'exporter',
      sink: 'kafka',
      started_at: expect.stringMatching(/^\d{4}-.*Z$/),
      cheer: { state: 'yellow', score: 33, reasons: [{ code: 'age' }, { code: 'latency' }] },
      quarantined: 3,
      latest_sequence: 9,
      caller: { name: 'anonymous', roles: expect.arrayContaining(['operator']) },
    });
    expect(JSON.stringify(body)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  });

  test.each([
    ['green', 'normal'],
    ['degraded', 'degraded'],
    ['red', 'refusing'],
    ['draining', 'draining'],
  ] as const)('the summary of %s has the mode %s', async (scene, mode) => {
    const url = await serve(fakeAdminView(scene));
    expect(await (await fetch(`${url}/api/v1/summary`)).json()).toMatchObject({
      mode,
      mode_since: expect.stringMatching(/Z$/),
    });
  });

  test.each([
    ['cheer', { state: 'green', error_budget_remaining_ratio: 0.94, cheers_total: 18_204, misses_total: 11 }],
    [
      'slo',
      { slos: [{ name: 'ingest-availability', objective_ratio: 0.999, window_seconds: 3600 }, {}, {}] },
    ],
    ['pipeline', { stages: [{ name: 'ingest', latency: { p90_seconds: 0.0042 } }, {}, {}, {}] }],
    ['resources', { rss_bytes: 212_000_000, event_loop_lag_seconds: 0.0031 }],
    [
      'events?after=5',
      { latest_sequence: 7, events: [{ sequence: 6, kind: 'quarantine' }, { sequence: 7 }] },
    ],
  ])('GET /api/v1/%s', async (path, expected) => {
    const url = await serve(fakeAdminView());
    const response = await fetch(`${url}/api/v1/${path}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(expected);
  });

  test('what is not known is null', async () => {
    const url = await serve(fakeAdminView('warming', { resources: () => undefined }));
    expect(await (await fetch(`${url}/api/v1/summary`)).json()).toMatchObject({
      cheer: { score: null, conditions: expect.arrayContaining([expect.objectContaining({ figure: null })]) },
      slos: [{ good_ratio: null }, {}, {}],
      pipeline: { stages: [{ latency: null }, {}, {}, {}] },
      resources: { cpu_cores: null, disk_free_bytes: null },
    });
  });

  test('a producer timestamp that is no date does not break the list', async () => {
    const view = fakeAdminView();
    const list: QuarantineView['list'] = async (page) => {
      const { items, nextBefore } = await view.quarantine.list(page);
      const odd = items.map((item) => ({ ...item, event: { ...item.event, timestamp: 9e15 } }));
      return { items: odd, nextBefore };
    };
    const url = await serve({ ...view, quarantine: { ...view.quarantine, list } });
    const body = await (await fetch(`${url}/api/v1/quarantine`)).json();
    expect(body).toMatchObject({ items: [{ timestamp: null }, {}, {}] });
  });
});

describe('probes, metrics and health', () => {
  test('probes say 503 and why', async () => {
    const url = await serve(
      fakeAdminView('green', { readiness: () => Promise.resolve({ ok: false, detail: 'draining' }) }),
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
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
    const url = await serve(fakeAdminView('green', { health: () => Promise.resolve(report) }));
    const response = await fetch(`${url}/health`);
    expect(response.status).toBe(code);
    expect(await response.json()).toEqual(report);
  });

  test('metrics come in the format that Accept asks for', async () => {
    const url = await serve(fakeAdminView());
    const response = await fetch(`${url}/metrics`, { headers: { Accept: 'application/openmetrics-text' } });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('# application/openmetrics-text\n');
  });
});

describe('quarantine', () => {
  test.each([
    ['POST', '/discard?Reason=schema', 'Reason is no parameter here; did you mean reason?'],
    ['POST', '/replay?reasn=schema&after=0', 'reasn is no parameter here; did you mean reason?'],
    ['POST', '/discard?reason[]=schema', 'reason[] is no parameter here; did you mean reason?'],
    ['GET', '?limit[]=3', 'limit[] is no parameter here; did you mean limit?'],
    ['GET', '/audit?befor=3', 'befor is no parameter here; did you mean before?'],
    ['GET', '/1?verbose=1', 'verbose is no parameter here.'],
  ])('%s %s changes nothing and says what is meant', async (method, path, detail) => {
    const view = fakeAdminView();
    const refuse = (): never => {
      throw new Error('reached the quarantine');
    };
    const quarantine = { ...view.quarantine, act: refuse, actOnAll: refuse, list: refuse, get: refuse };
    const url = await serve({ ...view, quarantine: { ...quarantine, audit: refuse } });
    const { status, body } = await send(`${url}/api/v1/quarantine${path}`, method, json);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 'bad_query', detail });
  });

  test('is listed newest first, a page at a time', async () => {
    const url = await serve(fakeAdminView());
    const first = await (await fetch(`${url}/api/v1/quarantine?limit=2`)).json();
    expect(first).toMatchObject({ total: 3, next_before: 2, items: [{ number: 3 }, { number: 2 }] });
    expect(JSON.stringify(first)).not.toContain('"payload":');
    const rest = await (await fetch(`${url}/api/v1/quarantine?limit=2&before=2`)).json();
    expect(rest).toMatchObject({ next_before: null, items: [{ number: 1 }] });
  });

  test('one event comes with its payload as text', async () => {
    const url = await serve(fakeAdminView());
    expect(await (await fetch(`${url}/api/v1/quarantine/1`)).json()).toMatchObject({
      event_id: 'us7000nn44',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      payload: expect.stringMatching(/^\{"place": "12 km NW/),
    });
  });

  test('replay and discard name the actor, and the second time there is nothing left', async () => {
    const view = fakeAdminView();
    const url = await serve(view, { authenticator: keyed });
    const post = (path: string): Promise<Response> =>
      fetch(`${url}/api/v1/quarantine/${path}`, {
        method: 'POST',
        headers: { ...json, Authorization: 'Bearer ann' },
      });
    const replayed = await post('1/replay');
    expect(await replayed.json()).toEqual({ number: 1, result: 'replayed' });
    expect(await (await post('2/discard')).json()).toEqual({ number: 2, result: 'discarded' });
    expect((await post('2/discard')).status).toBe(404);
    expect(view.audit).toEqual(['ann replay 1', 'ann discard 2']);
  });

  test('is filtered, settled as a whole and audited by who and from where', async () => {
    const view = fakeAdminView();
    const url = await serve(view, { authenticator: keyed });
    const ann = { ...json, Authorization: 'Bearer ann' };
    const get = async (path: string) =>
      (await fetch(`${url}/api/v1/quarantine${path}`, { headers: ann })).json();
    const post = (path: string, headers = {}) =>
      fetch(`${url}/api/v1/quarantine${path}`, { method: 'POST', headers: { ...ann, ...headers } });
    expect(await get('?reason=schema')).toMatchObject({ total: 3, items: [{ reason: 'schema' }] });
    expect(await get('?since=2999-01-01T00:00:00Z')).toMatchObject({ items: [] });
    const replayed = await post('/replay?reason=schema&after=0&through=3', {
      'User-Agent': 'selfcheer-cli/1',
    });
    expect(await replayed.json()).toEqual({ replayed: 1, superseded: 0, next_after: null, through: 9 });
    await post('/discard');
    expect(view.audit).toEqual(['ann replay 1', 'ann discard 2', 'ann discard 3']);
    expect(await get('/audit?limit=2')).toMatchObject({ next_before: 2, entries: [{ id: 3 }, { id: 2 }] });
    expect(await get('/audit?before=2')).toMatchObject({
      next_before: null,
      entries: [{ actor: 'ann', via: 'cli', action: 'replay', event_id: 'us7000nn44', outcome: 'done' }],
    });
  });

  test('what is superseded is not replayed: 409', async () => {
    const view = fakeAdminView();
    const quarantine = { ...view.quarantine, act: () => Promise.resolve('superseded' as const) };
    const url = await serve({ ...view, quarantine });
    const { status, body } = await send(`${url}/api/v1/quarantine/1/replay`, 'POST', json);
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([409, 'superseded']);
  });

  test.each([
    ['GET', '/api/v1/quarantine?reason=odd', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?since=noon', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?step=a&step=b', 400, 'bad_query'],
    ['POST', '/api/v1/quarantine/replay?after=-1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?limit=1&limit=2', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?after=1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?step=', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?__proto__=1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?=schema', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine/audit?reason=schema', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine/1?limit=1', 400, 'bad_query'],
    ['POST', '/api/v1/quarantine/1/discard?reason=schema', 400, 'bad_query'],
    ['POST', '/api/v1/quarantine/discard?limit=1', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine/replay', 405, 'method_not_allowed'],
    ['POST', '/api/v1/quarantine/audit', 405, 'method_not_allowed'],
    ['GET', '/api/v1/quarantine/99', 404, 'not_in_quarantine'],
    ['GET', '/api/v1/quarantine/0x1', 404, 'not_in_quarantine'],
    ['GET', '/api/v1/quarantine?limit=0', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?limit=201', 400, 'bad_query'],
    ['GET', '/api/v1/quarantine?before=x', 400, 'bad_query'],
    ['GET', '/api/v1/events?after=-1', 400, 'bad_query'],
    ['GET', '/api/v1/events?after=1&after=2', 400, 'bad_query'],
    ['DELETE', '/api/v1/quarantine/1', 405, 'method_not_allowed'],
    ['GET', '/api/v1/quarantine/1/replay', 405, 'method_not_allowed'],
    ['POST', '/api/v1/summary', 405, 'method_not_allowed'],
    ['POST', '/', 405, 'method_not_allowed'],
    ['GET', '/api/v1/nothing', 404, 'not_found'],
    ['GET', '/assets/..%2f..%2fpackage.json', 404, 'not_found'],
    ['GET', '/%zz', 404, 'not_found'],
    ['GET', '/api/v1/quarantine/%zz', 400, 'bad_request'],
  ])('%s %s is %i %s as problem+json', async (method, path, status, code) => {
    const url = await serve(fakeAdminView());
    const { status: got, body } = await send(url + path, method, json);
    expect(got).toBe(status);
    expect(JSON.parse(body)).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code,
    });
    expect(faults).toEqual([]);
  });

  test('a retriable refusal is 503 with Retry-After, a fault is 500 without its message', async () => {
    const view = fakeAdminView();
    const failing = (error: Error): FakeAdminView => ({
      ...view,
      quarantine: { ...view.quarantine, list: () => Promise.reject(error) },
    });
    let url = await serve(failing(new SelfcheerError('store_fenced', 'Wait.', { retriable: true })));
    const refused = await fetch(`${url}/api/v1/quarantine`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(refused.headers.get('content-type')).toMatch('application/problem+json');
    expect(faults).toHaveLength(0);
    running?.server.close();
    url = await serve(failing(new Error('secret path')));
    const failed = await fetch(`${url}/api/v1/quarantine`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('secret path');
    expect(faults).toHaveLength(1);
  });
});

describe('who may what', () => {
  test.each([
    [undefined, 401],
    ['nobody', 401],
    ['pia', 403],
    ['ron', 200],
  ])('with keys configured %s reads with %i', async (key, status) => {
    const url = await serve(fakeAdminView(), { authenticator: keyed });
    const headers: Record<string, string> = key ? { Authorization: `Bearer ${key}` } : {};
    for (const path of ['/metrics', '/health', '/api/v1/summary', '/api/v1/quarantine', '/api/v1/events']) {
      const response = await fetch(url + path, { headers });
      expect([path, response.status]).toEqual([path, status]);
      if (status === 401) expect(response.headers.get('www-authenticate')).toBe('Bearer');
      await response.text();
    }
    for (const path of ['/healthz', '/readyz', '/', '/assets/page.js']) {
      expect([path, (await fetch(url + path, { headers })).status]).toEqual([path, 200]);
    }
  });

  test.each(['replay', 'discard'])('a reader may not %s', async (action) => {
    const view = fakeAdminView();
    const url = await serve(view, { authenticator: keyed });
    const headers = { ...json, Authorization: 'Bearer ron' };
    const response = await fetch(`${url}/api/v1/quarantine/1/${action}`, { method: 'POST', headers });
    expect(response.status).toBe(403);
    expect(view.audit).toEqual([]);
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
    const view = fakeAdminView();
    const url = await serve(view);
    const origin = headers['Origin'] === 'self' ? { Origin: url } : {};
    const answer = await send(`${url}/api/v1/quarantine/1/replay`, 'POST', { ...headers, ...origin });
    expect(answer.status).toBe(status);
    expect(view.audit).toHaveLength(status === 200 ? 1 : 0);
  });

  test('on loopback without keys a foreign Host is refused (DNS rebinding), save for the probes', async () => {
    const url = await serve(fakeAdminView());
    const status = async (path: string, host: string): Promise<number> =>
      (await send(url + path, 'GET', { Host: host })).status;
    expect(await status('/api/v1/summary', 'evil.example')).toBe(421);
    expect(await status('/', 'evil.example:9464')).toBe(421);
    expect(await status('/metrics', '127.0.0.1.evil.example')).toBe(421);
    expect(await status('/healthz', 'pod.example')).toBe(200);
    for (const host of ['localhost', 'LOCALHOST:9464', '127.0.0.1:9464', '127.9.9.9', '[::1]:9464']) {
      expect([host, await status('/api/v1/summary', host)]).toEqual([host, 200]);
    }
  });

  test.each<[string, Partial<AdminAppOptions>]>([
    ['bound wider', { loopback: false }],
    ['with keys', { authenticator: keyed }],
  ])('%s any Host may be used', async (_name, options) => {
    const url = await serve(fakeAdminView(), options);
    const headers = { Host: 'selfcheer.example', Authorization: 'Bearer ron' };
    expect((await send(`${url}/api/v1/summary`, 'GET', headers)).status).toBe(200);
  });
});

describe('the page', () => {
  test('comes with a policy that forbids inline code, framing and foreign sources', async () => {
    const url = await serve(fakeAdminView());
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

  test('is served whole: every asset that it names exists, with its type and tag', async () => {
    const url = await serve(fakeAdminView());
    const html = await (await fetch(url)).text();
    const script = await (await fetch(`${url}/assets/page.js`)).text();
    const named = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    const imported = [...script.matchAll(/from '\.\/([^']+)'/g)].map((match) => `/assets/${match[1]}`);
    const states = ['green', 'yellow', 'red', 'warming', 'disabled'].map(
      (name) => `/assets/icon-${name}.svg`,
    );
    expect(named.length).toBeGreaterThan(3);
    expect(imported.length).toBeGreaterThan(3);
    for (const path of [...named, ...imported, ...states]) {
      const response = await fetch(url + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-type')).toMatch(
        /^(text\/css|text\/javascript|image\/svg\+xml); charset/,
      );
      const etag = response.headers.get('etag') ?? '';
      const again = await send(url + path, 'GET', { 'If-None-Match': etag });
      expect([path, again.status]).toEqual([path, 304]);
    }
    expect(html).not.toMatch(/<style|style=|<script>|onclick=/);
  });

  test('weighs less than 32 KiB compressed and never builds HTML from data', async () => {
    const url = await serve(fakeAdminView());
    const directory = `${__dirname}/../../page`;
    let weight = 0;
    for (const name of readdirSync(directory)) {
      const path = name === 'index.html' ? '/' : `/assets/${name}`;
      const { body, length } = await zipped(url + path);
      expect(body.equals(readFileSync(`${directory}/${name}`))).toBe(true);
      expect(body.toString()).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
      weight += length;
    }
    expect(weight).toBeLessThan(32 * 1024);
  });
});

/** The body behind Content-Encoding: gzip, and how many bytes it took. */
function zipped(url: string): Promise<{ body: Buffer; length: number }> {
  return new Promise((resolve, reject) => {
    rawRequest(url, { headers: { 'Accept-Encoding': 'gzip' }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const raw = Buffer.concat(chunks);
        resolve({ body: gunzipSync(raw), length: raw.length });
      });
    })
      .on('error', reject)
      .end();
  });
}
