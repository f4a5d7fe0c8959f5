import { keyed } from '../../../cheer-kit/test/admin-server';
import { ExporterAdmin } from '../../test/helpers/exporter-admin';
import { fakeAdminView, type FakeAdminView } from '../../test/helpers/fake-admin-view';
import { hostileRelease, someReleases, verifyDocumentOf } from '../../test/helpers/release-scenes';
import { ReleaseStore } from './releases-store';

const json = { 'Content-Type': 'application/json' };
const exporter = new ExporterAdmin();
afterEach(() => exporter.close());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}
async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const record = (url: string, body: unknown, headers = {}): Promise<Answer> =>
  ask(`${url}/api/v1/releases`, {
    ...{ method: 'POST', headers: { ...json, ...headers } },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** One that keeps no releases yet. */
function emptyView(over: Partial<FakeAdminView> = {}): FakeAdminView {
  return { ...fakeAdminView('idle'), ...over };
}

test('records an attempt once, tells of it, and lists it', async () => {
  const view = emptyView();
  const url = await exporter.serve(view);
  const document = verifyDocumentOf({ run: 'r-1' }, { latency: 'fail' });
  expect((await ask(`${url}/api/v1/summary`)).body).toMatchObject({ latest_release: 0 });
  expect(await record(url, document)).toEqual({ status: 201, body: { id: '0.1.0', run: 'r-1', number: 1 } });
  expect(await record(url, document)).toEqual({ status: 200, body: { id: '0.1.0', run: 'r-1', number: 1 } });
  expect(await record(url, { ...document, previous: null })).toMatchObject({
    ...{ status: 409, body: { code: 'run_conflict' } },
  });
  expect(view.events(0).filter(({ kind }) => kind === 'release')).toEqual([
    expect.objectContaining({
      title: 'Release 0.1.0 failed',
      detail: expect.stringContaining('exporter, run r-1: latency: p95 412 ms'),
    }),
  ]);
  expect((await ask(`${url}/api/v1/releases`)).body).toEqual({
    ...{ total: 1, next_before: null },
    releases: [{ number: 1, recorded_at: expect.any(String), recorded_by: 'anonymous', ...document }],
  });
  expect((await ask(`${url}/api/v1/summary`)).body).toMatchObject({ latest_release: 1 });
});

test('the list has pages, newest first, up to the oldest', async () => {
  const store = ReleaseStore.inMemory(someReleases(45));
  const url = await exporter.serve(emptyView({ releases: { store, recorded: () => undefined } }));
  const numbers: unknown[] = [];
  let next = '';
  for (let pages = 1; pages <= 3; pages++) {
    const { body } = await ask(`${url}/api/v1/releases${next}`);
    const releases = body['releases'] as { number: number }[];
    numbers.push(...releases.map(({ number }) => number));
    expect([body['total'], releases.length]).toEqual([45, pages === 3 ? 5 : 20]);
    next = `?before=${String(body['next_before'])}`;
  }
  expect(numbers).toEqual(Array.from({ length: 45 }, (_, n) => 45 - n));
  expect(next).toBe('?before=null');
  expect((await ask(`${url}/api/v1/releases?limit=5&before=6`)).body).toMatchObject({ next_before: null });
});

test('all attempts at one version', async () => {
  const url = await exporter.serve(emptyView());
  for (const run of ['a', 'b']) await record(url, verifyDocumentOf({ run, release: '1.0/2 ü' }));
  const path = `/api/v1/releases/${encodeURIComponent('1.0/2 ü')}`;
  expect((await ask(url + path)).body).toMatchObject({
    ...{ release: '1.0/2 ü', attempts: [{ run: 'b' }, { run: 'a' }] },
  });
  expect(await ask(`${url}/api/v1/releases/1.0`)).toMatchObject({
    ...{ status: 404, body: { code: 'unknown_release' } },
  });
});

test.each([
  [
    'green',
    'pass',
    ['gate_passed', 'live_well'],
    { state: 'green', score: 94, version: '0.1.0', track: 'stable' },
  ],
  ['red', 'fail', ['live_red', 'gate_passed'], { state: 'red', score: 0 }],
  ['draining', 'inconclusive', ['live_draining', 'gate_passed'], { state: 'yellow' }],
  ['disabled', 'inconclusive', ['live_disabled', 'gate_passed'], { state: 'disabled', score: null }],
] as const)(
  'the verdict over the exporter itself while it is %s is %s',
  async (scene, verdict, codes, live) => {
    const store = ReleaseStore.inMemory();
    const url = await exporter.serve({
      ...fakeAdminView(scene),
      releases: { store, recorded: () => undefined },
    });
    await record(url, verifyDocumentOf());
    const { status, body } = await ask(`${url}/api/v1/releases/0.1.0/verdict`);
    expect([status, body]).toEqual([
      200,
      {
        ...{ schema: 'selfcheer/verdict/v1', release: '0.1.0', verdict, run: 'run-1' },
        reasons: codes.map((code) => ({ code, detail: expect.any(String) })),
        recorded_at: expect.stringMatching(/Z$/),
        live: expect.objectContaining(live),
        checked_at: expect.stringMatching(/Z$/),
      },
    ]);
  },
);

test('over a version that it does not run, or a service that it is not, nothing is known', async () => {
  const url = await exporter.serve(emptyView());
  await record(url, verifyDocumentOf({ run: 'b', release: '0.2.0' }));
  await record(url, verifyDocumentOf({ run: 'a' }));
  const verdict = async (rest: string): Promise<unknown> =>
    (await ask(`${url}/api/v1/releases/${rest}`)).body['verdict'];
  expect(await verdict('0.1.0/verdict')).toBe('pass');
  expect(await verdict('0.1.0/verdict?service=exporter')).toBe('pass');
  expect(await verdict('0.1.0/verdict?service=billing')).toBe('inconclusive');
  expect(await verdict('0.2.0/verdict')).toBe('inconclusive');
  expect(await verdict('9/verdict')).toBe('inconclusive');
  // A v in front makes no difference: what failed under one name has not passed under the other.
  expect(await verdict('v0.1.0/verdict')).toBe('pass');
  await record(url, verifyDocumentOf({ run: 'c', release: 'v0.1.0' }, { latency: 'fail' }));
  expect(await verdict('0.1.0/verdict')).toBe('fail');
});

test.each<[string, unknown, number, string]>([
  ['no JSON', '{"schema":', 400, 'bad_document'],
  ['nothing', '', 400, 'bad_document'],
  ['an empty object', {}, 400, 'bad_document'],
  ['a list', [verifyDocumentOf()], 400, 'bad_document'],
  [
    'a verdict over its gates',
    { ...verifyDocumentOf({}, { cheer: 'fail' }), verdict: 'pass' },
    400,
    'bad_document',
  ],
  ['an unknown field', { ...verifyDocumentOf(), note: 'x' }, 400, 'bad_document'],
  ['a run with a slash', verifyDocumentOf({ run: 'a/b' }), 400, 'bad_document'],
  ['too much', `{"schema":"${'x'.repeat(70_000)}"}`, 413, 'body_too_large'],
])('%s is not recorded', async (_name, body, status, code) => {
  const view = emptyView();
  const url = await exporter.serve(view);
  const answer = await record(url, body);
  expect(answer).toMatchObject({ status, body: { status, code } });
  expect([view.releases.store.count, exporter.faults]).toEqual([0, []]);
});

test('too much is refused however it comes', async () => {
  const url = await exporter.serve(emptyView());
  const body = new ReadableStream({
    start(controller) {
      for (let n = 0; n < 70; n++) controller.enqueue(new Uint8Array(1_000).fill(32));
      controller.close();
    },
  });
  const init = { method: 'POST', headers: json, body, duplex: 'half' } as RequestInit;
  expect(await ask(`${url}/api/v1/releases`, init)).toMatchObject({ status: 413 });
});

test('the largest document there may be is taken', async () => {
  const url = await exporter.serve(emptyView());
  const { document } = hostileRelease(1, '<script>alert(1)</script>\u202e ${x} ');
  expect((await record(url, document)).status).toBe(201);
  expect((await ask(`${url}/api/v1/releases`)).body).toMatchObject({
    releases: [{ service: document.service }],
  });
});

test('recording needs the role operator, and no foreign page', async () => {
  const url = await exporter.serve(emptyView(), { authenticator: keyed });
  const by = async (key: string, headers = {}): Promise<number> =>
    (await record(url, verifyDocumentOf(), { Authorization: `Bearer ${key}`, ...headers })).status;
  expect(await by('ron')).toBe(403);
  expect(await by('pia')).toBe(403);
  expect(await by('ann', { Origin: 'http://evil.example' })).toBe(403);
  expect(await by('ann', { 'Content-Type': 'text/plain' })).toBe(415);
  expect(await by('ann')).toBe(201);
  const read = { headers: { Authorization: 'Bearer ron' } };
  expect((await ask(`${url}/api/v1/releases`, read)).body).toMatchObject({
    releases: [{ recorded_by: 'ann' }],
  });
  for (const path of ['', '/0.1.0', '/0.1.0/verdict']) {
    expect([path, (await fetch(`${url}/api/v1/releases${path}`)).status]).toEqual([path, 401]);
  }
});

test.each([
  ['DELETE', '', 405, 'method_not_allowed'],
  ['POST', '/0.1.0', 405, 'method_not_allowed'],
  ['POST', '/0.1.0/verdict', 405, 'method_not_allowed'],
  ['GET', '?limit=101', 400, 'bad_query'],
  ['GET', '?service=x', 400, 'bad_query'],
  ['GET', `/${'9'.repeat(201)}`, 400, 'bad_request'],
  ['GET', `/${'9'.repeat(201)}/verdict`, 400, 'bad_request'],
  ['GET', '/0.1.0/verdict?service=', 400, 'bad_query'],
])('%s %s is %i %s', async (method, path, status, code) => {
  const url = await exporter.serve(emptyView());
  expect(await ask(`${url}/api/v1/releases${path}`, { method, headers: json })).toMatchObject({
    status,
    body: { code },
  });
});
