import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createLogger } from '@selfcheer/cheer-kit';
import { keyed, send } from '../../../cheer-kit/test/admin-server';
import { eventually } from '../../../cheer-kit/test/wait';
import { ExporterAdmin } from '../../test/helpers/exporter-admin';
import { fakeAdminView, type FakeAdminView } from '../../test/helpers/fake-admin-view';
import { UsageError } from '../errors';
import { parseTargets } from './targets';
import { startSidecar, type Sidecar, type SidecarOptions } from './targets-app';

const json = { 'Content-Type': 'application/json' };
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function sidecar(targets: readonly string[], options: Partial<SidecarOptions> = {}): Promise<string> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const started: Sidecar = await startSidecar({
    ...{ targets: parseTargets(targets), listen: '127.0.0.1:0', apiKey: undefined, insecure: false, logger },
    ...{ intervalMs: 5, ...options },
  });
  closing.push(() => started.drain('the test is over'));
  return `http://${started.admin}`;
}

/** An exporter's admin port over a fake view. */
async function exporter(
  view: FakeAdminView,
  options?: Parameters<ExporterAdmin['serve']>[1],
): Promise<string> {
  const admin = new ExporterAdmin();
  closing.push(() => admin.close());
  return admin.serve(view, { stream: { intervalMs: 5 }, ...options });
}

/** Any other server in the place of a target. */
async function odd(listener: RequestListener, raw?: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer(listener);
  // Those that are not the server's own: one that came and has said nothing would hold up its end for ever.
  const sockets = new Set<Socket>();
  // As soon as it has said something.
  if (raw)
    server.removeAllListeners('connection').on('connection', (one: Socket) => {
      sockets.add(one);
      // Who asked may have gone by then, and a reset that nobody hears ends the process.
      one.on('error', () => undefined).once('data', () => raw(one));
    });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function read(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

interface Told {
  readonly targets: readonly Record<string, unknown>[];
}
const told = async (url: string): Promise<Told['targets']> =>
  ((await read(`${url}/api/v1/targets`)) as unknown as Told).targets;

/** Reads server-sent events until one fits; `then` runs when the first has come. */
async function streamed(url: string, wanted: RegExp, then?: () => void): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { agent: false }, resolve).on('error', reject).end();
  });
  closing.push(() => Promise.resolve(response.destroy()));
  let text = '';
  response.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await eventually(() => text !== '');
  then?.();
  await eventually(() => wanted.test(text));
  return response;
}

/** Sends a path as it stands: a URL would resolve its dots. */
async function ask(url: string, method: string, path: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ hostname, port, path, method, headers: json, agent: false }, resolve).on('error', reject).end();
  });
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, body };
}

describe('what is known of the targets', () => {
  test('each is told in the order of the command line, and only what lives has a state', async () => {
    const red = await exporter(fakeAdminView('red'));
    const locked = await exporter(fakeAdminView(), { authenticator: keyed });
    const url = await sidecar([`${red}=ingest`, `${locked}=shop`, 'http://127.0.0.1:1=gone']);
    await eventually(async () => (await told(url)).every(({ link }) => link !== 'connecting'));
    const nothing = { state: null, score: null, idle: null, since: null, mode: null, reason: null };
    expect(await told(url)).toEqual([
      {
        ...{ name: 'ingest', url: red, link: 'live', detail: null, age_seconds: expect.any(Number) },
        ...{ service: 'exporter', version: '0.1.0', track: 'stable', state: 'red', score: 0, idle: false },
        ...{ since: expect.stringMatching(/Z$/), mode: 'refusing' },
        reason: { code: 'refusing', detail: 'the outbox is full', since: expect.stringMatching(/Z$/) },
        last: { state: 'red', score: 0 },
      },
      expect.objectContaining({ name: 'shop', link: 'locked', last: null, ...nothing }),
      expect.objectContaining({
        name: 'gone',
        link: 'unreachable',
        age_seconds: null,
        last: null,
        ...nothing,
      }),
    ]);
  });

  test('a target that went away is stale, and its last state is not its state', async () => {
    const admin = new ExporterAdmin();
    const url = await sidecar([`${await admin.serve(fakeAdminView('green'))}=a`]);
    await eventually(async () => (await told(url))[0]?.['link'] === 'live');
    await admin.close();
    await eventually(async () => (await told(url))[0]?.['link'] === 'stale');
    const [one] = await told(url);
    expect(one).toMatchObject({ state: null, score: null, last: { state: 'green', score: 94 } });
    expect(one?.['age_seconds']).toBeGreaterThan(0);
    expect(one?.['detail']).toMatch(/ECONNRE/);
  });

  test('is streamed, and the streams end with the sidecar', async () => {
    const view = fakeAdminView('yellow');
    const logger = createLogger({ service: 'test', level: 'silent' });
    const targets = parseTargets([`${await exporter(view)}=a`]);
    const started = await startSidecar({
      ...{ targets, listen: '127.0.0.1:0', apiKey: undefined, insecure: false, logger, intervalMs: 5 },
    });
    const base = `http://${started.admin}`;
    const own = await streamed(
      `${base}/api/v1/targets/stream`,
      /event: targets\ndata: .*"state":"yellow".*\n\n/,
    );
    const theirs = await streamed(`${base}/targets/a/api/v1/stream`, /event: summary\ndata: /);
    expect(own.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(theirs.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const ended = Promise.all([own, theirs].map((one) => new Promise((done) => one.on('close', done))));
    await started.drain('test');
    await ended;
    // To its last byte, and not torn off.
    expect(own.complete).toBe(true);
  });

  test('a key is used for looking, and lent to nobody', async () => {
    const target = await exporter(fakeAdminView(), { authenticator: keyed });
    const url = await sidecar([`${target}=shop`], { apiKey: 'ron' });
    await eventually(async () => (await told(url))[0]?.['link'] === 'live');
    expect((await fetch(`${url}/targets/shop/api/v1/summary`)).status).toBe(401);
  });
});

describe('what is passed on', () => {
  test('is what the target says, live', async () => {
    const view = fakeAdminView();
    const target = await exporter(view);
    const url = await sidecar([`${target}=a`]);
    for (const path of ['/api/v1/summary', '/api/v1/quarantine?limit=1', '/health', '/api/v1/nothing']) {
      const direct = await send(target + path, 'GET');
      const passed = await send(`${url}/targets/a${path}`, 'GET');
      const timeless = (body: string): string => body.replaceAll(/"[\d-]+T[\d:.]+Z"/g, '"T"');
      expect([passed.status, timeless(passed.body)]).toEqual([direct.status, timeless(direct.body)]);
      expect(passed.headers['content-type']).toBe(direct.headers['content-type']);
      expect(passed.headers['cache-control']).toBe('no-store');
      expect(passed.headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/);
    }
    await streamed(`${url}/targets/a/api/v1/stream`, /event: miss\ndata: .*"detail":"just now"/, () =>
      view.emit({ at: Date.now(), kind: 'miss', title: 'missed', detail: 'just now' }),
    );
  });

  test('who leaves leaves the target too', async () => {
    let open = 0;
    const target = await odd((incoming, response) => {
      if (!incoming.url?.endsWith('/stream')) return void response.end();
      open += 1;
      response.on('close', () => (open -= 1));
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': hello\n\n');
    });
    const url = await sidecar([`${target}=a`], { intervalMs: 60_000 });
    const stream = await streamed(`${url}/targets/a/api/v1/stream`, /hello/);
    expect(open).toBe(1);
    stream.destroy();
    await eventually(() => open === 0);
  });

  test('who leaves before the target has said anything leaves it too', async () => {
    let open = 0;
    const target = await odd((incoming, response) => {
      if (!incoming.url?.endsWith('/stream')) return void response.end();
      open += 1;
      response.on('close', () => (open -= 1));
    });
    const url = await sidecar([`${target}=a`], { intervalMs: 60_000 });
    const asked = request(`${url}/targets/a/api/v1/stream`, { agent: false }).on('error', () => undefined);
    asked.end();
    await eventually(() => open === 1);
    asked.destroy();
    await eventually(() => open === 0);
  });

  test('an action has the credentials of who acts, and the page of the sidecar counts as the page', async () => {
    const view = fakeAdminView();
    const url = await sidecar([`${await exporter(view, { authenticator: keyed })}=a`]);
    const act = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await send(`${url}/targets/a/api/v1/quarantine/${path}`, 'POST', { ...json, ...headers })).status;
    expect(await act('1/replay', {})).toBe(401);
    expect(await act('1/replay', { Authorization: 'Bearer ron' })).toBe(403);
    expect(view.audit).toEqual([]);
    const page = { Origin: url, 'Sec-Fetch-Site': 'same-origin' };
    expect(await act('1/replay', { ...page, Authorization: 'Bearer ann' })).toBe(200);
    expect(await act('2/discard', { 'X-API-Key': 'ann' })).toBe(200);
    expect(view.audit).toEqual(['ann replay 1', 'ann discard 2']);
    const audit = await (
      await fetch(`${url}/targets/a/api/v1/quarantine/audit`, { headers: { Authorization: 'Bearer ann' } })
    ).json();
    expect(audit).toMatchObject({ entries: [{ via: 'api' }, { via: 'page' }] });
  });

  test.each<[string, Record<string, string>, number]>([
    ['a foreign page', { ...json, Origin: 'http://evil.example' }, 403],
    ['a page on another port', { ...json, Origin: 'http://127.0.0.1:1' }, 403],
    ['another site by fetch metadata', { ...json, 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a form', { 'Content-Type': 'text/plain' }, 415],
    ['a foreign Host', { ...json, Host: 'evil.example' }, 421],
  ])('an action of %s stops here', async (_name, headers, status) => {
    const view = fakeAdminView();
    const url = await sidecar([`${await exporter(view)}=a`]);
    const answer = await send(`${url}/targets/a/api/v1/quarantine/1/replay`, 'POST', headers);
    expect(answer.status).toBe(status);
    expect(view.audit).toEqual([]);
  });

  test('a sidecar that others reach only reads', async () => {
    const view = fakeAdminView();
    const target = `${await exporter(view)}=a`;
    await expect(sidecar([target], { listen: '0.0.0.0:0' })).rejects.toThrow(UsageError);
    const url = (await sidecar([target], { listen: '0.0.0.0:0', insecure: true })).replace(
      '0.0.0.0',
      '127.0.0.1',
    );
    expect((await fetch(`${url}/targets/a/api/v1/summary`)).status).toBe(200);
    const answer = await send(`${url}/targets/a/api/v1/quarantine/1/replay`, 'POST', json);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      403,
      expect.objectContaining({ code: 'read_only' }),
    ]);
    expect(view.audit).toEqual([]);
  });

  test.each([
    ['GET', '/targets/a/metrics/../healthz', 404, 'not_found'],
    ['GET', '/targets/a/api/v1/../../healthz', 404, 'not_found'],
    ['GET', '/targets/a/api/v1/%2e%2e/%2e%2e/', 404, 'not_found'],
    ['GET', '/targets/a/api/v1/..%2f..%2fhealthz', 404, 'not_found'],
    ['GET', '/targets/a/api/v1/..%5chealthz', 404, 'not_found'],
    ['GET', '/targets/a//evil.example/api/v1/summary', 404, 'not_found'],
    ['GET', '/targets/a/@evil.example/api/v1/summary', 404, 'not_found'],
    ['GET', '/targets/a/api/v1x', 404, 'not_found'],
    ['GET', '/targets/a/readyz', 404, 'not_found'],
    ['GET', '/targets/a/assets/page.js', 404, 'not_found'],
    ['GET', '/targets/b/api/v1/summary', 404, 'unknown_target'],
    ['GET', '/targets/__proto__/api/v1/summary', 404, 'unknown_target'],
    ['PUT', '/targets/a/api/v1/summary', 405, 'method_not_allowed'],
    ['DELETE', '/targets/a/api/v1/quarantine/1', 405, 'method_not_allowed'],
    ['GET', '/targets/gone/api/v1/summary', 502, 'target_unreachable'],
    ['GET', '/api/v1/targets?x=1', 400, 'bad_query'],
    ['POST', '/api/v1/targets', 405, 'method_not_allowed'],
    ['POST', '/targets/a/metrics', 405, 'method_not_allowed'],
    ['POST', '/targets/a/health', 405, 'method_not_allowed'],
    ['GET', 'http://evil.example/targets/a/api/v1/summary', 404, 'not_found'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const asked: (string | undefined)[] = [];
    const target = await odd((incoming, response) => {
      asked.push(incoming.url);
      response.writeHead(200, json).end('{}');
    });
    const url = await sidecar([`${target}=a`, 'http://127.0.0.1:1=gone'], { intervalMs: 60_000 });
    await eventually(() => asked.length === 1);
    const answer = await ask(url, method, path);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, expect.objectContaining({ code })]);
    expect(asked).toEqual(['/api/v1/summary']);
  });

  test.each<[string, RequestListener]>([
    ['a page', (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<script>')],
    ['a script', (_, response) => response.writeHead(200, { 'Content-Type': 'text/javascript' }).end('x')],
    ['a redirect', (_, response) => response.writeHead(302, { ...json, Location: 'http://evil' }).end('{}')],
    ['something without a type', (_, response) => response.writeHead(200).end('x')],
  ])('%s is never passed back', async (_name, listener) => {
    const url = await sidecar([`${await odd(listener)}=a`], { intervalMs: 60_000 });
    const answer = await send(`${url}/targets/a/api/v1/summary`, 'GET');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      502,
      expect.objectContaining({ code: 'target_odd' }),
    ]);
  });

  test('who switches to another protocol has not answered, and is asked again', async () => {
    let asked = 0;
    const target = await odd(
      () => undefined,
      (socket) => {
        asked += 1;
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
      },
    );
    const url = await sidecar([`${target}=a`]);
    await eventually(() => asked > 2);
    await eventually(async () => (await told(url))[0]?.['link'] === 'unreachable');
    const answer = await send(`${url}/targets/a/api/v1/summary`, 'GET');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      502,
      expect.objectContaining({
        code: 'target_unreachable',
        detail: expect.stringMatching(/without an answer/),
      }),
    ]);
  });

  test('of the headers only those of data come back, and no cookie goes out', async () => {
    const seen: string[] = [];
    const target = await odd((incoming, response) => {
      seen.push(...Object.keys(incoming.headers));
      const headers = {
        ...json,
        'Set-Cookie': 'a=b',
        'Access-Control-Allow-Origin': '*',
        'Retry-After': '3',
      };
      response.writeHead(503, headers).end('{}');
    });
    const url = await sidecar([`${target}=a`], { intervalMs: 60_000 });
    const answer = await send(`${url}/targets/a/api/v1/summary`, 'GET', {
      Cookie: 'c=d',
      'X-Forwarded-For': '::1',
    });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '3']);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(seen).toContain('via');
    expect(seen).not.toContain('cookie');
    expect(seen).not.toContain('x-forwarded-for');
  });

  test.each<[string, unknown]>([
    ['as it says', 'x'.repeat(70_000)],
    ['without saying so', new Blob(['x'.repeat(70_000)]).stream()],
  ])('a body beyond the limit, %s, goes nowhere', async (_name, body) => {
    const view = fakeAdminView();
    const url = await sidecar([`${await exporter(view)}=a`]);
    const options = { method: 'POST', headers: json, body, duplex: 'half' } as RequestInit;
    const answer = await fetch(`${url}/targets/a/api/v1/quarantine/1/replay`, options).catch(() => undefined);
    expect([413, undefined]).toContain(answer?.status);
    expect(view.audit).toEqual([]);
  });

  test('who leaves in the middle of a body did nothing', async () => {
    const view = fakeAdminView();
    const url = await sidecar([`${await exporter(view)}=a`]);
    const post = { method: 'POST', headers: { ...json, 'content-length': 100 }, agent: false };
    const asked = request(`${url}/targets/a/api/v1/quarantine/1/replay`, post).on('error', () => undefined);
    asked.write('{');
    await eventually(() => asked.socket?.bytesWritten !== undefined && asked.socket.bytesWritten > 100);
    asked.destroy();
    expect((await fetch(`${url}/targets/a/api/v1/summary`)).status).toBe(200);
    expect(view.audit).toEqual([]);
  });
});

describe('as a service', () => {
  test('has probes, health, metrics and a description of its own', async () => {
    const url = await sidecar([`${await exporter(fakeAdminView())}=a`, 'http://127.0.0.1:1=gone']);
    await eventually(async () => (await told(url)).every(({ link }) => link !== 'connecting'));
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await read(`${url}/health`)).toMatchObject({
      status: 'degraded',
      checks: {
        targets: { status: 'degraded', detail: expect.stringMatching(/^1 of 2 answer; gone: connect/) },
      },
    });
    expect(await read(`${url}/api/v1/summary`)).toMatchObject({
      service: 'selfcheer-sidecar',
      quarantined: null,
    });
    await fetch(`${url}/targets/gone/api/v1/summary`);
    await eventually(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return /^http_requests_total\{.*route="\/targets\/:name\/\*path",status_code="502"\} 1$/m.test(metrics);
    });
    const { paths } = await read(`${url}/api/v1/openapi.json`);
    expect(paths).toHaveProperty(['/api/v1/targets']);
  });

  test('what its targets do is not its own cheer', async () => {
    const url = await sidecar(['http://127.0.0.1:1=gone']);
    for (let n = 0; n < 20; n++) expect((await fetch(`${url}/targets/gone/api/v1/summary`)).status).toBe(502);
    expect(await read(`${url}/api/v1/cheer`)).toMatchObject({ misses_total: 0, reasons: [] });
  });

  test('serves the page of all, and of each at its own address', async () => {
    const url = await sidecar([`${await exporter(fakeAdminView())}=a`, 'http://127.0.0.1:1=b:1']);
    const all = await send(url, 'GET');
    const one = await send(`${url}/targets/a/`, 'GET');
    expect(all.body).toContain('/assets/overview.js');
    expect(one.body).toContain('/assets/page.js');
    for (const path of ['/targets/b:1/', '/targets/b%3A1/'])
      expect((await send(url + path, 'GET')).body).toBe(one.body);
    const bare = await send(`${url}/targets/a`, 'GET');
    expect([bare.status, bare.headers.location]).toEqual([308, '/targets/a/']);
    expect((await send(`${url}/targets/c/`, 'GET')).status).toBe(404);
    expect(one.headers['content-security-policy']).toContain("script-src 'self'");
  });

  test('an address that is in use is wrong usage', async () => {
    const url = await sidecar(['http://127.0.0.1:1']);
    await expect(sidecar(['http://127.0.0.1:1'], { listen: new URL(url).host })).rejects.toThrow(UsageError);
    await expect(sidecar(['http://127.0.0.1:1'], { listen: 'nonsense' })).rejects.toThrow(UsageError);
  });
});
