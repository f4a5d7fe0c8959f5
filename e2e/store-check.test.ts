import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ExporterProcess, runCli } from './helpers/exporter-process';
import { logConsumer } from './helpers/published';

const count = 2_000;

let exporter: ExporterProcess;

/** Events stay in the store: the broker that they are for is not there. */
async function fill(): Promise<void> {
  exporter = await ExporterProcess.start({ KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'fatal' });
  const lines = Array.from({ length: count }, (_, n) => `{"event_id":"e${n}","payload":{"n":${n}}}\n`);
  const answer = await exporter.post(lines.join(''), { 'content-type': 'application/x-ndjson' });
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

test.each([
  ['a flipped byte in its log', async () => flipByte((await storeFiles(/^\d+\.log$/)).at(-1)!)],
  ['a lost CURRENT', async () => rm((await storeFiles(/^CURRENT$/))[0]!)],
  [
    'a shortened log',
    async () => {
      const [file] = await storeFiles(/^\d+\.log$/);
      const bytes = await readFile(file!);
      await writeFile(file!, bytes.subarray(0, Math.floor(bytes.length / 2)));
    },
  ],
  ['a lost manifest', async () => rm(path.join(exporter.dataDir, 'store.manifest'))],
] as const)(
  '%s: start refuses with 3 and says what to do, and store check names it',
  async (_what, damage) => {
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
  },
);
