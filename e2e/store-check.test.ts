import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExporterProcess, runCli } from './helpers/exporter-process';
import { logConsumer } from './helpers/published';

const count = 2_000;

let exporter: ExporterProcess;

const ids = (letter: string, many: number): string[] =>
  Array.from({ length: many }, (_, n) => `${letter}${n}`);

function lines(letter: string, many: number): string {
  return ids(letter, many)
    .map((id, n) => `{"event_id":"${id}","payload":{"n":${n}}}\n`)
    .join('');
}

/** Events stay in the store: the broker that they are for is not there. */
async function fill(): Promise<void> {
  exporter = await ExporterProcess.start({ KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'fatal' });
  const answer = await exporter.post(lines('e', count), { 'content-type': 'application/x-ndjson' });
  expect(answer.status).toBe(202);
  await exporter.kill9();
}

async function check(): Promise<{ code: number | null; report: Record<string, unknown> }> {
  const { code, stdout } = await runCli(['store', 'check', '--data-dir', exporter.dataDir, '--json']);
  return { code, report: JSON.parse(stdout) as Record<string, unknown> };
}

/** A start that must fail; one that does not is ended. */
function start() {
  const env = {
    SELFCHEER_DATA_DIR: exporter.dataDir,
    SELFCHEER_HTTP: '127.0.0.1:0',
    SELFCHEER_GRPC: '127.0.0.1:0',
    SELFCHEER_ADMIN: '127.0.0.1:0',
    LOG_LEVEL: 'fatal',
  };
  return runCli(['start'], env, 20_000);
}

/** Files of the LevelDB store whose names match, with their paths. */
async function storeFiles(pattern: RegExp): Promise<string[]> {
  const entries = await readdir(exporter.dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && pattern.test(entry.name));
  return files.map((entry) => path.join(entry.parentPath, entry.name));
}

async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = bytes[middle]! ^ 0xff;
  await writeFile(file, bytes);
}

beforeEach(fill);
afterEach(() => exporter?.dispose());

test('after a crash it adds up, holds what was acknowledged, and all of that is published', async () => {
  const { code, report } = await check();
  expect(report).toMatchObject({ ok: true, clean: false, problems: [] });
  // A heartbeat or two may wait beside them.
  expect(report['records']).toBeGreaterThanOrEqual(count);
  expect(code).toBe(0);

  const other = await ExporterProcess.start({ SELFCHEER_DATA_DIR: exporter.dataDir });
  try {
    await other.settled();
    const ids = new Set<string>();
    for await (const { headers } of logConsumer(exporter.dataDir, 'events').messages()) {
      ids.add(headers['ce_id'] ?? '');
    }
    expect(ids.size).toBe(count);
    expect(await start()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/\block|in use/),
    });
    const busy = await runCli(['store', 'check', '--data-dir', exporter.dataDir]);
    expect(busy).toMatchObject({ code: 1, stderr: expect.stringMatching(/\block|in use/) });
  } finally {
    await other.dispose();
  }
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

const halve = async (file: string): Promise<void> => truncate(file, Math.floor((await stat(file)).size / 2));
const newest = async (pattern: RegExp): Promise<string> => (await storeFiles(pattern)).sort().at(-1)!;
const ownManifest = (): string => path.join(exporter.dataDir, 'store.manifest');
/** What is in the log goes into a table when the store is opened; more comes into the next log. */
async function fillTable(): Promise<void> {
  await exporter.restart();
  const answer = await exporter.post(lines('t', count), { 'content-type': 'application/x-ndjson' });
  expect(answer.status).toBe(202);
  await exporter.kill9();
}

test.each([
  ['a shortened log', async () => halve(await newest(/^\d+\.log$/)), 'loses'],
  ['an empty log', async () => truncate(await newest(/^\d+\.log$/), 0), 'loses'],
  ['a flipped byte in its log', async () => flipByte(await newest(/^\d+\.log$/)), 'loses'],
  ['a shortened table', async () => halve(await newest(/^\d+\.(ldb|sst)$/)), 'loses'],
  ['a flipped byte in a table', async () => flipByte(await newest(/^\d+\.(ldb|sst)$/)), 'loses'],
  ['a foreign file', async () => writeFile(await newest(/^\d+\.(ldb|sst)$/), 'dear diary'), 'loses'],
  ['an empty MANIFEST', async () => truncate(await newest(/^MANIFEST-/), 0), 'saves all'],
  ['a flipped byte in its MANIFEST', async () => flipByte(await newest(/^MANIFEST-/)), 'saves all'],
  ['a lost CURRENT', async () => rm(await newest(/^CURRENT$/)), 'saves all'],
  ['a lost manifest', async () => rm(ownManifest()), 'can not say'],
  ['an empty manifest', async () => truncate(ownManifest(), 0), 'can not say'],
  ['a manifest of noise', async () => writeFile(ownManifest(), Buffer.alloc(50_000, 'noise')), 'can not say'],
] as const)(
  '%s: start refuses with 3, check names it, salvage saves what it can, and what is saved is published',
  async (_what, damage, outcome) => {
    await fillTable();
    const acked = new Set([...ids('e', count), ...ids('t', count)]);
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

    const args = ['store', 'salvage', '--data-dir', exporter.dataDir, '--json'];
    expect(await runCli(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
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
    const other = await ExporterProcess.start({ SELFCHEER_DATA_DIR: exporter.dataDir });
    try {
      await other.settled();
      const found = await publishedIds(exporter.dataDir);
      const missing = [...acked].filter((id) => !found.has(id));
      expect([...found].filter((id) => !acked.has(id))).toEqual([]);
      expect(missing.length).toBeLessThanOrEqual(salvage.lost);
      if (outcome !== 'loses') expect(missing).toEqual([]);
      else expect(missing.length).toBeGreaterThan(0);
      // What was lost is taken when it is sent again.
      const answer = await other.post(lines('e', count) + lines('t', count), {
        'content-type': 'application/x-ndjson',
      });
      expect(answer.status).toBe(202);
      await other.settled();
      expect((await publishedIds(exporter.dataDir)).size).toBe(acked.size);
    } finally {
      await other.dispose();
    }
  },
);

describe('drain', () => {
  const drain = (...more: string[]) =>
    runCli(['store', 'drain', '--data-dir', exporter.dataDir, '--json', ...more], { LOG_LEVEL: 'fatal' });

  test('publishes everything without listening anywhere, and what is done is not done again', async () => {
    const { code, stdout } = await drain();
    expect(JSON.parse(stdout)).toMatchObject({ sink: 'log', left: 0, quarantine: 0, problem: null });
    expect(code).toBe(0);
    expect([...(await publishedIds(exporter.dataDir))].sort()).toEqual(ids('e', count).sort());
    expect(await check()).toMatchObject({ code: 0, report: { ok: true, clean: true, records: 0 } });
    expect(JSON.parse((await drain()).stdout)).toMatchObject({ published: 0, left: 0 });
  });

  test('says what is left when its time is over, and loses nothing of it', async () => {
    const away = await runCli(
      ['store', 'drain', '--data-dir', exporter.dataDir, '--timeout', '2s', '--json'],
      { KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'fatal' },
    );
    const report = JSON.parse(away.stdout) as { left: number; problem: string };
    expect(away.code).toBe(1);
    expect(report.left).toBeGreaterThanOrEqual(count);
    expect(report.problem).toEqual(expect.any(String));
    const sinkDir = await mkdtemp(path.join(tmpdir(), 'selfcheer-drained-'));
    try {
      expect((await drain('--to-dir', sinkDir)).code).toBe(0);
      expect((await publishedIds(sinkDir)).size).toBe(count);
      expect(await readdir(exporter.dataDir)).not.toContain('published');
    } finally {
      await rm(sinkDir, { recursive: true });
    }
  });

  test('refuses a damaged store, a missing one and one in use', async () => {
    const missing = await runCli(['store', 'drain', '--data-dir', path.join(exporter.dataDir, 'nothing')]);
    expect(missing).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no store') });
    await exporter.restart();
    expect(await drain()).toMatchObject({ code: 1, stderr: expect.stringContaining('in use') });
    const salvage = await runCli(['store', 'salvage', '--data-dir', exporter.dataDir, '--yes']);
    expect(salvage).toMatchObject({ code: 1, stderr: expect.stringContaining('in use') });
    await exporter.kill9();
    await rm(ownManifest());
    expect(await drain()).toMatchObject({ code: 3, stdout: '' });
  });
});
