import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdminApp, createLogger, type ServiceView } from '@selfcheer/cheer-kit';
import { AdminServer } from '../cheer-kit/test/admin-server';
import { fakeServiceView } from '../cheer-kit/test/fake-service-view';
import { parseTargets } from '../exporter/src/sidecar/targets';
import { startSidecar } from '../exporter/src/sidecar/targets-app';
import { ExporterProcess } from './helpers/exporter-process';
import { schemathesis } from './helpers/schemathesis';

/** What does not end by itself, and what takes as long as it is told to, have tests of their own. */
const endless = [
  ...['--exclude-path-regex', '^/api/v1/(.*/)?stream$|^/api/v1/profile/'],
  // Nobody guesses a run or a version that is known: that those are 404 again and again is no finding.
  ...['--warnings', 'off'],
];
/** Empties the quarantine, and then the others would find nothing there. */
const discardAll = '/api/v1/quarantine/discard';
/** What no schema can say: a document's verdict must be that of its gates, so that some that fit the schema are refused. */
const recording = '/api/v1/releases';
const events = 600;

let dir: string;
let schema: string;
let exporter: ExporterProcess | undefined;
let kit: AdminServer | undefined;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'selfcheer-openapi-'));
  schema = path.join(dir, 'schema.json');
  await writeFile(schema, JSON.stringify({ type: 'object', required: ['n'] }));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
afterEach(async () => {
  await exporter?.dispose();
  await kit?.close();
  exporter = undefined;
  kit = undefined;
});

/** An exporter with events in quarantine; what is replayed comes back to it. */
async function withQuarantine(env: Record<string, string> = {}, key?: string): Promise<ExporterProcess> {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const enrich = JSON.stringify([{ step: 'schema', name: 'strict', file: schema }]);
  exporter = await ExporterProcess.start({ SELFCHEER_ENRICH: enrich, ...env }, { headers });
  const lines = Array.from({ length: events }, (_, n) => `{"event_id":"e${n}","payload":{"x":${n}}}\n`);
  const sent = await exporter.post(lines.join(''), { 'content-type': 'application/x-ndjson' });
  expect(sent.status).toBe(202);
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    const { total } = (await (await exporter.admin('/api/v1/quarantine')).json()) as { total: number };
    if (total === events) return exporter;
  }
  throw new Error(`the events did not all come to quarantine: ${exporter.log}`);
}

test('schemathesis finds nothing in an exporter without keys', async () => {
  const { addresses } = await withQuarantine();
  const url = `http://${addresses.admin}`;
  const others = ['--exclude-path', discardAll, '--exclude-path', recording];
  const most = await schemathesis(url, ...endless, ...others, '--max-examples', '30');
  expect(most.report).toContain('No issues found');
  // It has followed the list to events that are there: not every answer was 404.
  expect(most.report).toMatch(/API Links: +4 covered/);
  expect(most.code).toBe(0);
  const alone = ['--include-path', discardAll, '--phases', 'coverage,fuzzing'];
  const last = await schemathesis(url, ...alone, '--max-examples', '30');
  expect(last).toMatchObject({ code: 0, report: expect.stringContaining('No issues found') });
  await findsNothingInRecording(url);
}, 300_000);

test('nor in one with keys, and there nothing is answered without one', async () => {
  const key = 'the-key-of-an-operator-who-reads';
  const apiKeys = JSON.stringify([
    { name: 'ann', sha256: hash('sha256', key, 'hex'), roles: ['producer', 'reader', 'operator'] },
  ]);
  const origin = 'https://board.example';
  const env = { SELFCHEER_AUTH_API_KEYS: apiKeys, SELFCHEER_ADMIN_CORS: origin };
  const { addresses } = await withQuarantine(env, key);
  const read = await fetch(`http://${addresses.admin}/api/v1/cheer`, { headers: { origin } });
  expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  const { code, report } = await schemathesis(
    `http://${addresses.admin}`,
    ...[...endless, '--exclude-path', discardAll, '--exclude-path', recording, '--max-examples', '10'],
    ...['--header', `Authorization: Bearer ${key}`],
  );
  expect(report).toContain('No issues found');
  expect(code).toBe(0);
}, 300_000);

async function findsNothingInRecording(url: string): Promise<void> {
  const alone = ['--include-path', recording, '--phases', 'coverage,fuzzing', '--max-examples', '10'];
  const found = await schemathesis(url, ...alone, '--exclude-checks', 'positive_data_acceptance');
  expect(found).toMatchObject({ code: 0, report: expect.stringContaining('No issues found') });
}

async function kitService(view: Partial<ServiceView>): Promise<string> {
  const options = { view: fakeServiceView(view), loopback: true, onError: () => undefined };
  kit = await AdminServer.start(createAdminApp(options));
  return kit.url;
}

test('nor in a service that only uses the kit', async () => {
  const { code, report } = await schemathesis(await kitService({}), ...endless, '--max-examples', '10');
  expect(report).toContain('No issues found');
  expect(code).toBe(0);
}, 300_000);

test('nor in the sidecar', async () => {
  const sidecar = await startSidecar({
    targets: parseTargets(['127.0.0.1:1=gone']),
    ...{ listen: '127.0.0.1:0', apiKey: undefined, insecure: false },
    logger: createLogger({ service: 'sidecar', level: 'silent' }),
  });
  try {
    const { code, report } = await schemathesis(
      `http://${sidecar.admin}`,
      ...endless,
      ...['--exclude-path', recording, '--max-examples', '10'],
    );
    expect(report).toContain('No issues found');
    expect(code).toBe(0);
    await findsNothingInRecording(`http://${sidecar.admin}`);
  } finally {
    await sidecar.drain('the test is over');
  }
}, 300_000);

test('it does find an answer that is not as described', async () => {
  const mode = () => ({ mode: 'asleep' as 'normal', since: Date.now() });
  const { code, report } = await schemathesis(await kitService({ mode }), ...endless, '--max-examples', '10');
  expect(report).toContain('GET /api/v1/summary');
  expect(code).toBe(1);
}, 300_000);
