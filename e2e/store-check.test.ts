import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExporterProcess, runCli } from './helpers/exporter-process';
import { logConsumer } from './helpers/published';

const count = 1_000;

/** A store as a kill -9 left it, with a table and a log; every test has a copy. */
let whole = '';
let dataDir = '';
/** Ends what a test has started. */
let running: ExporterProcess | undefined;

const ids = (letter: string, many: number): string[] =>
  Array.from({ length: many }, (_, n) => `${letter}${n}`);

function lines(letter: string, many: number): string {
  return ids(letter, many)
    .map((id, n) => `{"event_id":"${id}","payload":{"n":${n}}}\n`)
    .join('');
}

const acked = new Set([...ids('e', count), ...ids('t', count)]);

/** Events stay in the store: the broker that they are for is not there. */
async function fill(): Promise<void> {
  const env = { KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'fatal' };
  const exporter = await ExporterProcess.start(env, { dataDir: whole });
  try {
    await post(exporter, lines('e', count));
    await exporter.kill9();
    // What is in the log goes into a table when the store is opened; more comes into the next log.
    await exporter.restart();
    await post(exporter, lines('t', count));
    await exporter.kill9();
  } finally {
    await exporter.dispose();
  }
}

async function post(exporter: ExporterProcess, body: string): Promise<void> {
  expect((await exporter.post(body, { 'content-type': 'application/x-ndjson' })).status).toBe(202);
}

async function serve(): Promise<ExporterProcess> {
  return (running = await ExporterProcess.start({ SELFCHEER_DATA_DIR: dataDir }));
}

async function check(): Promise<{ code: number | null; report: Record<string, unknown> }> {
  const { code, stdout } = await runCli(['store', 'check', '--data-dir', dataDir, '--json']);
  return { code, report: JSON.parse(stdout) as Record<string, unknown> };
}

/** A start that must fail; one that does not is ended. */
function start() {
  const env = {
    SELFCHEER_DATA_DIR: dataDir,
    SELFCHEER_HTTP: '127.0.0.1:0',
    SELFCHEER_GRPC: '127.0.0.1:0',
    SELFCHEER_ADMIN: '127.0.0.1:0',
    LOG_LEVEL: 'fatal',
  };
  return runCli(['start'], env, 20_000);
}

/** Files of the LevelDB store whose names match, with their paths. */
async function storeFiles(pattern: RegExp): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && pattern.test(entry.name));
  return files.map((entry) => path.join(entry.parentPath, entry.name));
}

/** Flips a byte of an event's payload: in what lies between the events, it may cost nothing. */
async function flipByteOfEvent(file: string): Promise<void> {
  const bytes = await readFile(file);
  const payload = bytes.indexOf('{"n":5');
  expect(payload).toBeGreaterThan(0);
  bytes[payload + 2] = bytes[payload + 2]! ^ 0xff;
  await writeFile(file, bytes);
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-check-'));
  whole = path.join(folder, 'whole');
  await fill();
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(folder, 'copy-'));
  await cp(whole, dataDir, { recursive: true });
});
afterEach(async () => {
  await running?.dispose();
  running = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

test('after a crash it adds up, holds what was acknowledged, and all of that is published', async () => {
  const { code, report } = await check();
  expect(report).toMatchObject({ ok: true, clean: false, problems: [] });
  // A heartbeat or two may wait beside them.
  expect(report['records']).toBeGreaterThanOrEqual(2 * count);
  expect(code).toBe(0);

  const exporter = await serve();
  await exporter.settled();
  expect(await publishedIds(dataDir)).toEqual(acked);
  const inUse = { code: 1, stderr: expect.stringMatching(/\block|in use/) as string };
  const salvage = ['store', 'salvage', '--data-dir', dataDir, '--yes'];
  expect(await start()).toMatchObject({ ...inUse, stdout: '' });
  expect(await runCli(['store', 'check', '--data-dir', dataDir])).toMatchObject(inUse);
  expect(await runCli(salvage)).toMatchObject(inUse);
  expect(await runCli(['store', 'drain', '--data-dir', dataDir])).toMatchObject(inUse);
});

/** What the report of a salvage says of the lanes. */
interface Salvage {
  readonly complete: boolean;
  readonly saved: number;
  readonly lost: number;
  readonly lanes: readonly { lane: number; lostRanges: readonly (readonly [number, number])[] }[];
  readonly doubts: readonly string[];
  readonly aside: string;
}

/** Ids in the embedded sink of a directory. */
async function publishedIds(dataDir: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { headers } of logConsumer(dataDir, 'events').messages()) ids.add(headers['ce_id'] ?? '');
  return ids;
}

const newest = async (pattern: RegExp): Promise<string> => (await storeFiles(pattern)).sort().at(-1)!;
const ownManifest = (): string => path.join(dataDir, 'store.manifest');

// Of each outcome one: what each kind of damage costs is tested beside the code, in salvage.test.ts.
test.each([
  ['a flipped byte in its log', async () => flipByteOfEvent(await newest(/^\d+\.log$/)), 'loses'],
  ['a lost CURRENT', async () => rm(await newest(/^CURRENT$/)), 'saves all'],
  ['a manifest of noise', async () => writeFile(ownManifest(), Buffer.alloc(50_000, 'noise')), 'can not say'],
] as const)(
  '%s: start refuses with 3, check names it, salvage saves what it can, and what is saved is published',
  async (_what, damage, outcome) => {
    await damage();
    const started = await start();
    expect(started).toMatchObject({ code: 3, stdout: '' });
    expect(started.stderr).toContain('store check');
    expect(started.stderr).not.toMatch(/\n\s+at /);

    const { code, report } = await check();
    expect(report).toMatchObject({ ok: false });
    expect(report['problems']).not.toEqual([]);
    expect(String(report['problems'])).not.toContain('store check');
    expect(code).toBe(3);
    // Looking at it has not healed it by accident.
    expect((await start()).code).toBe(3);

    const args = ['store', 'salvage', '--data-dir', dataDir, '--json'];
    const dry = await runCli([...args, '--dry-run']);
    const { code: exit, stdout } = await runCli([...args, '--yes']);
    const salvage = JSON.parse(stdout) as Salvage;
    expect(exit).toBe(outcome === 'saves all' ? 0 : 3);
    expect(salvage.complete).toBe(outcome === 'saves all');
    expect(salvage.doubts.length > 0).toBe(outcome === 'can not say');
    expect(JSON.parse(dry.stdout)).toMatchObject({ saved: salvage.saved, lost: salvage.lost });
    expect(await readdir(salvage.aside)).toContain('store');
    expect(await check()).toMatchObject({ code: 0, report: { ok: true, records: salvage.saved } });
    const again = await runCli([...args, '--yes']);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('"needed": false') });

    // acked = published + told as lost; heartbeats may be among those saved or lost.
    const exporter = await serve();
    await exporter.settled();
    const found = await publishedIds(dataDir);
    const missing = [...acked].filter((id) => !found.has(id));
    expect([...found].filter((id) => !acked.has(id))).toEqual([]);
    expect(missing.length).toBeLessThanOrEqual(salvage.lost);
    if (outcome !== 'loses') expect(missing).toEqual([]);
    else expect(missing.length).toBeGreaterThan(0);
    // What was lost is taken when it is sent again.
    await post(exporter, lines('e', count) + lines('t', count));
    await exporter.settled();
    expect(await publishedIds(dataDir)).toEqual(acked);
  },
);

describe('drain', () => {
  const drain = (...more: string[]) =>
    runCli(['store', 'drain', '--data-dir', dataDir, '--json', ...more], { LOG_LEVEL: 'fatal' });

  test('publishes everything without listening anywhere, and what is done is not done again', async () => {
    const { code, stdout } = await drain();
    expect(JSON.parse(stdout)).toMatchObject({ sink: 'log', left: 0, quarantine: 0, problem: null });
    expect(code).toBe(0);
    expect(await publishedIds(dataDir)).toEqual(acked);
    expect(await check()).toMatchObject({ code: 0, report: { ok: true, clean: true, records: 0 } });
    expect(JSON.parse((await drain()).stdout)).toMatchObject({ published: 0, left: 0 });
  });

  test('says what is left when its time is over, and loses nothing of it', async () => {
    const away = await runCli(['store', 'drain', '--data-dir', dataDir, '--timeout', '2s', '--json'], {
      KAFKA_BROKERS: '127.0.0.1:1',
      LOG_LEVEL: 'fatal',
    });
    const report = JSON.parse(away.stdout) as { left: number; problem: string };
    expect(away.code).toBe(1);
    expect(report.left).toBeGreaterThanOrEqual(2 * count);
    expect(report.problem).toEqual(expect.any(String));
    const sinkDir = await mkdtemp(path.join(tmpdir(), 'selfcheer-drained-'));
    try {
      expect((await drain('--to-dir', sinkDir)).code).toBe(0);
      expect(await publishedIds(sinkDir)).toEqual(acked);
      expect(await readdir(dataDir)).not.toContain('published');
    } finally {
      await rm(sinkDir, { recursive: true });
    }
  });

  test('refuses a damaged store and a missing one', async () => {
    const missing = await runCli(['store', 'drain', '--data-dir', path.join(dataDir, 'nothing')]);
    expect(missing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no store') });
    const unsaid = await runCli(['store', 'salvage', '--data-dir', dataDir]);
    expect(unsaid).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    await rm(ownManifest());
    expect(await drain()).toMatchObject({ code: 3, stdout: '' });
  });
});
