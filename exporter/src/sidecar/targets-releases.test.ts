import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@selfcheer/cheer-kit';
import { eventually } from '../../../cheer-kit/test/wait';
import { ExporterAdmin } from '../../test/helpers/exporter-admin';
import { fakeAdminView, type FakeAdminView } from '../../test/helpers/fake-admin-view';
import { verifyDocumentOf } from '../../test/helpers/release-scenes';
import { UsageError } from '../errors';
import type { RecordedRelease } from './releases-file';
import { parseTargets } from './targets';
import { startSidecar, type SidecarOptions } from './targets-app';
import type { FlagChanged } from './targets-flags';

const json = { 'Content-Type': 'application/json' };
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function sidecar(targets: readonly string[], options: Partial<SidecarOptions> = {}): Promise<string> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const started = await startSidecar({
    ...{ targets: parseTargets(targets), listen: '127.0.0.1:0', apiKey: undefined, insecure: false, logger },
    ...{ intervalMs: 5, ...options },
  });
  closing.push(() => started.drain('the test is over'));
  return `http://${started.admin.replace('0.0.0.0', '127.0.0.1')}`;
}

async function exporter(view: FakeAdminView): Promise<{ url: string; admin: ExporterAdmin }> {
  const admin = new ExporterAdmin();
  closing.push(() => admin.close());
  return { url: await admin.serve(view), admin };
}

async function read(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}
const record = async (url: string, document: object, headers = {}): Promise<number> => {
  const init = { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(document) };
  return (await fetch(`${url}/api/v1/releases`, init)).status;
};
const verdictOf = (url: string, id = '0.1.0'): Promise<Record<string, unknown>> =>
  read(`${url}/api/v1/releases/${id}/verdict`);

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'selfcheer-sidecar-'));
  closing.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

test('records releases, tells of them, and keeps them over restarts', async () => {
  const dataDir = join(await directory(), 'made', 'here');
  const first = await sidecar(['http://127.0.0.1:1=gone'], { dataDir });
  expect(await record(first, verifyDocumentOf())).toBe(201);
  expect(await record(first, verifyDocumentOf())).toBe(200);
  expect(await read(`${first}/api/v1/events`)).toMatchObject({
    events: expect.arrayContaining([
      expect.objectContaining({ kind: 'release', title: 'Release 0.1.0 passed' }),
    ]),
  });
  expect(await read(`${first}/api/v1/targets`)).toMatchObject({ latest_release: 1 });
  await closing.pop()?.();
  const second = await sidecar(['http://127.0.0.1:1=gone'], { dataDir });
  expect(await read(`${second}/api/v1/releases`)).toMatchObject({ total: 1, releases: [{ run: 'run-1' }] });
  expect(JSON.stringify(await read(`${second}/api/v1/events`))).toContain('Release 0.1.0 passed');
  expect(await record(second, verifyDocumentOf())).toBe(200);
});

test('a directory that can’t be used is wrong usage', async () => {
  const file = join(await directory(), 'file');
  await writeFile(file, '');
  const started = sidecar(['http://127.0.0.1:1=gone'], { dataDir: file });
  await expect(started).rejects.toThrow(UsageError);
  await expect(started).rejects.toThrow(/--data-dir .*file can't be used/);
});

test('the verdict follows the target that runs the release', async () => {
  const view = fakeAdminView('green');
  let mode: ReturnType<FakeAdminView['mode']> = { mode: 'normal', since: 0 };
  const { url: target, admin } = await exporter({ ...view, mode: () => mode });
  const url = await sidecar([`${target}=canary`]);
  expect(await verdictOf(url)).toMatchObject({ verdict: 'inconclusive', run: null, recorded_at: null });
  await record(url, verifyDocumentOf());
  await eventually(async () => (await verdictOf(url))['verdict'] === 'pass');
  expect(await verdictOf(url)).toMatchObject({
    ...{ run: 'run-1', live: { state: 'green', score: 94, version: '0.1.0', track: 'stable' } },
  });
  expect(await verdictOf(url, 'v0.1.0')).toMatchObject({ verdict: 'pass' });
  expect(await verdictOf(url, '0.2.0')).toMatchObject({ verdict: 'inconclusive', live: null });
  mode = { mode: 'draining', since: 0 };
  await eventually(async () => (await verdictOf(url))['verdict'] === 'inconclusive');
  await admin.close();
  await eventually(async () => (await verdictOf(url))['verdict'] === 'fail');
  expect(await verdictOf(url)).toMatchObject({ live: null, reasons: [{ code: 'live_gone' }, {}] });
});

test('a target that only stopped answering fails nothing', async () => {
  const { url: target, admin } = await exporter(fakeAdminView('green'));
  const url = await sidecar([`${target}=canary`]);
  await record(url, verifyDocumentOf());
  await eventually(async () => (await verdictOf(url))['verdict'] === 'pass');
  await admin.close();
  await eventually(async () => (await verdictOf(url))['verdict'] === 'inconclusive');
  expect(await verdictOf(url)).toMatchObject({ reasons: [{ code: 'live_away' }, { code: 'gate_passed' }] });
});

test('a target that lets nobody look any more passes nothing', async () => {
  const reader = { name: 'any', tenant: 'default', roles: ['reader'] } as const;
  let shown: typeof reader | 'missing' = reader;
  const admin = new ExporterAdmin();
  closing.push(() => admin.close());
  const target = await admin.serve(fakeAdminView('green'), { authenticator: { authenticate: () => shown } });
  const url = await sidecar([`${target}=canary`]);
  await record(url, verifyDocumentOf());
  await eventually(async () => (await verdictOf(url))['verdict'] === 'pass');
  shown = 'missing';
  await eventually(async () => (await verdictOf(url))['verdict'] === 'inconclusive');
  expect(await verdictOf(url)).toMatchObject({ live: null, reasons: [{ code: 'live_away' }, {}] });
});

test('a red target fails its release', async () => {
  const url = await sidecar([`${(await exporter(fakeAdminView('red'))).url}=canary`]);
  await record(url, verifyDocumentOf());
  await eventually(async () => (await verdictOf(url))['verdict'] === 'fail');
});

test('who may record: on this machine anyone, beyond it whoever has the key', async () => {
  const gone = ['http://127.0.0.1:1=gone'];
  const wide = { listen: '0.0.0.0:0', insecure: true };
  const open = await sidecar(gone, wide);
  expect(await record(open, verifyDocumentOf())).toBe(403);
  const keyed = await sidecar(gone, { ...wide, recordKey: 'the-key' });
  expect(await record(keyed, verifyDocumentOf())).toBe(401);
  expect(await record(keyed, verifyDocumentOf(), { Authorization: 'Bearer another' })).toBe(401);
  const key = { Authorization: 'Bearer the-key' };
  expect(await record(keyed, verifyDocumentOf(), { ...key, Origin: 'http://evil.example' })).toBe(403);
  expect(await record(keyed, verifyDocumentOf(), key)).toBe(201);
  expect(await read(`${keyed}/api/v1/releases`)).toMatchObject({ releases: [{ recorded_by: 'recorder' }] });
  const near = await sidecar(gone, { recordKey: 'the-key' });
  expect(await record(near, verifyDocumentOf())).toBe(401);
  expect(await record(near, verifyDocumentOf(), { 'X-API-Key': 'the-key' })).toBe(201);
});

test('the journal hears of each release once and of each flag that changes, and is closed at the end', async () => {
  const view = fakeAdminView('green');
  const heard: (string | number)[] = [];
  const journal = {
    release: ({ number }: RecordedRelease) => void heard.push(number),
    flag: ({ service, title }: FlagChanged) => void heard.push(`${service}: ${title}`),
    close: () => Promise.resolve(void heard.push('closed')),
  };
  const url = await sidecar([`${(await exporter(view)).url}=a`], { journal });
  await eventually(async () => JSON.stringify(await read(`${url}/api/v1/targets`)).includes('"link":"live"'));
  await record(url, verifyDocumentOf());
  await record(url, verifyDocumentOf());
  view.emit({ at: Date.now(), kind: 'miss', title: 'missed', detail: '' });
  view.emit({ at: Date.now(), kind: 'flag', title: 'Flag health-cheer is off', detail: 'off (false)' });
  await eventually(() => heard.length >= 2);
  await closing.pop()?.();
  expect(heard).toEqual([1, 'exporter: Flag health-cheer is off', 'closed']);
});

test('nothing of it is written without a directory', async () => {
  const here = await directory();
  const url = await sidecar(['http://127.0.0.1:1=gone']);
  expect(await record(url, verifyDocumentOf())).toBe(201);
  await expect(readFile(join(here, 'releases.json'))).rejects.toThrow();
});
