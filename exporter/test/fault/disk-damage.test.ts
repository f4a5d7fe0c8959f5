import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExporterProcess, runCli } from '../../../e2e/helpers/exporter-process';
import { logConsumer } from '../../../e2e/helpers/published';
import { damages, type Damage } from './support/disk-damage';
import { faultRow } from './support/row';

const first = 3_000;
const second = 1_500;
const anyPort = {
  SELFCHEER_HTTP: '127.0.0.1:0',
  SELFCHEER_GRPC: '127.0.0.1:0',
  SELFCHEER_ADMIN: '127.0.0.1:0',
};

async function post(exporter: ExporterProcess, from: number, to: number): Promise<void> {
  const lines = Array.from({ length: to - from }, (_, at) => {
    const n = from + at;
    return `{"event_id":"e${n}","key":"k${n % 97}","payload":{"n":${n},"text":"${'y'.repeat(n % 700)}"}}\n`;
  });
  const answer = await exporter.post(lines.join(''), { 'content-type': 'application/x-ndjson' });
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ accepted: to - from });
}

/** A store with tables, a MANIFEST and a log, full of acknowledged events that no sink has seen. */
async function fill(dataDir: string): Promise<void> {
  const exporter = await ExporterProcess.start(
    { KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'fatal' },
    { dataDir },
  );
  try {
    await post(exporter, 0, first);
    await exporter.kill9();
    // LevelDB makes a table of the log as it opens it.
    await exporter.restart();
    await post(exporter, first, first + second);
    await exporter.kill9();
  } finally {
    await exporter.dispose();
  }
}

interface Salvaged {
  readonly saved: number;
  readonly lost: number;
  readonly lanes: readonly { readonly lane: number; readonly lost: number }[];
}

interface Outcome {
  readonly found: number;
  readonly lost: number;
}

async function surviveDamage(dataDir: string, damage: Damage, starts: number): Promise<Outcome> {
  damage(dataDir);
  const env = { ...anyPort, SELFCHEER_DATA_DIR: dataDir, LOG_LEVEL: 'fatal' };
  // More than once: looking at it heals nothing and loses nothing.
  for (let at = 0; at < starts; at++) {
    const started = await runCli(['start'], env, 20_000);
    expect(started).toMatchObject({ code: 3, stdout: '' });
    expect(started.stderr).toMatch(/store check|store salvage/);
    expect(started.stderr).not.toMatch(/\n\s+at /);
  }
  const check = await runCli(['store', 'check', '--data-dir', dataDir, '--json']);
  expect(check.code).toBe(3);
  expect((JSON.parse(check.stdout) as { problems: unknown[] }).problems).not.toEqual([]);

  const salvage = await runCli(['store', 'salvage', '--data-dir', dataDir, '--yes', '--json']);
  expect({ salvage: salvage.stdout === '' ? salvage.stderr : 'told' }).toEqual({ salvage: 'told' });
  const report = JSON.parse(salvage.stdout) as Salvaged;
  const exporter = await ExporterProcess.start({ LOG_LEVEL: 'fatal' }, { dataDir });
  try {
    await exporter.settled(60_000);
    const ids = new Set<string>();
    let messages = 0;
    for await (const { headers } of logConsumer(dataDir, 'events').messages()) {
      messages += 1;
      ids.add(headers['ce_id'] ?? '');
    }
    expect({ messages }).toEqual({ messages: ids.size });
    const acked = Array.from({ length: first + second }, (_, n) => `e${n}`);
    const missing = acked.filter((id) => !ids.has(id)).length;
    // The last lane is that of heartbeats, which nobody was promised.
    const lost = report.lanes.filter(({ lane }) => lane < 16).reduce((sum, lane) => sum + lane.lost, 0);
    expect({ missing, strangers: [...ids].filter((id) => !/^e\d+$/.test(id)) }).toEqual({
      missing: lost,
      strangers: [],
    });
    return { found: ids.size, lost };
  } finally {
    await exporter.dispose();
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-damage-'));
const whole = path.join(folder, 'whole');
beforeAll(() => fill(whole), 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

faultRow('damaged store: refused, told, salvaged', { timeoutMs: 120_000 }, async (row) => {
  const short = /^(log with|table lost|MANIFEST cut|own manifest lost)/;
  const kinds = damages.filter(([what]) => row.pick(short.test(what), true));
  const notes: string[] = [];
  const failures: string[] = [];
  let found = 0;
  let lost = 0;
  const queue = [...kinds];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [what, damage] = next;
      const dataDir = path.join(folder, what.replaceAll(' ', '-'));
      cpSync(whole, dataDir, { recursive: true });
      try {
        const outcome = await surviveDamage(dataDir, damage, row.pick(1, 3));
        found += outcome.found;
        lost += outcome.lost;
        if (outcome.lost > 0) notes.push(`${what}: ${outcome.lost} reported lost`);
      } catch (error) {
        failures.push(`${what}: ${(error as Error).message}`);
      }
      rmSync(dataDir, { recursive: true });
    }
  };
  await Promise.all([work(), work()]);
  expect(failures).toEqual([]);
  const acked = kinds.length * (first + second);
  expect(found + lost).toBe(acked);
  row.report({ acked, found, notes: notes.join(', ') });
});
