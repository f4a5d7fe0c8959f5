import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../../e2e/helpers/exporter-process';
import type { LoadCounts, LoadOrder } from '../../bench/overload-load';
import { medianOf } from '../helpers/quantile';
import { settle } from './support/account';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { readJson, waitFor, waitForState } from './support/wait-for';

const mebibyte = 2 ** 20;
const times = 10;
const eventsPerRequest = 10;
/** Of each load the first seconds don't count: code is still being compiled, and the control law sets in. */
const settleSeconds = 2;
const linesPerSecond = 4;
const peakConnections = 64;
const overConnections = 2_000;
const heapMebibytes = 128;
const bufferedMebibytes = 32;
const queueMebibytes = 16;
/**
 * The heaps of both threads, what may be buffered and wait for the disk (twice over, as it is copied), LevelDB's buffers
 * and cache, and what Node itself takes. Without a limit V8 would let garbage lie about in a large machine.
 */
const mostBytes = (2 * heapMebibytes + 2 * (bufferedMebibytes + queueMebibytes) + 192 + 200) * mebibyte;

/** The load of the benchmark, from a process of its own; it writes down what was acknowledged. */
async function load(order: LoadOrder): Promise<LoadCounts[]> {
  const script = path.join(root, 'exporter/bench/overload-load.ts');
  const child = spawn(path.join(root, 'node_modules/.bin/tsx'), [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  child.stdin.end(`${JSON.stringify(order)}\n`);
  const lines: LoadCounts[] = [];
  for await (const line of createInterface({ input: child.stdout }))
    lines.push(JSON.parse(line) as LoadCounts);
  expect((await ended)[0]).toBe(0);
  return lines;
}

/** Events a second, after the first seconds: the median of whole seconds. */
function perSecond(lines: readonly LoadCounts[], pick: (line: LoadCounts) => number): number {
  const counted = lines.slice(settleSeconds * linesPerSecond);
  const seconds = Array.from({ length: Math.floor(counted.length / linesPerSecond) }, (_, second) =>
    counted
      .slice(second * linesPerSecond, (second + 1) * linesPerSecond)
      .reduce((sum, line) => sum + pick(line), 0),
  );
  return Math.round(medianOf(seconds) * eventsPerRequest);
}

const acceptedPerSecond = (lines: readonly LoadCounts[]): number =>
  perSecond(lines, ({ accepted }) => accepted);
const percent = (part: number, whole: number): string => `${Math.round((part / whole) * 100)} %`;

faultRow('10 times the load', { timeoutMs: 150_000 }, async (row) => {
  const scene = await setDiskScene(row, {
    env: {
      NODE_OPTIONS: `--max-old-space-size=${heapMebibytes}`,
      SELFCHEER_INGEST_LIMITS_BUFFERED_BYTES: String(bufferedMebibytes * mebibyte),
      SELFCHEER_OUTBOX_QUEUE_BYTES: String(queueMebibytes * mebibyte),
      // Green as soon as no reason is left: the hold is for people, who don't want a state that flaps.
      SELFCHEER_CHEER_HOLD_SECONDS: '0',
    },
  });
  const { exporter, consumer, rss, folder } = scene;
  const [host = '', port] = exporter.addresses.http.split(':');
  const ledgers: string[] = [];
  const drive = (more: Partial<LoadOrder>): Promise<LoadCounts[]> => {
    const run = `load${ledgers.length}`;
    ledgers.push(path.join(folder, run));
    const seconds = settleSeconds + row.pick(3, 30);
    return load({
      ...{ host, port: Number(port), run, connections: peakConnections, eventsPerRequest, seconds },
      ledger: path.join(folder, run),
      ...more,
    });
  };
  const drained = async (): Promise<void> => {
    await waitFor('it is drained', 60_000, async () => {
      const { lanes } = await readJson<{ lanes: { pending: number }[] }>(exporter, '/api/v1/pipeline');
      return lanes.every(({ pending }) => pending === 0);
    });
  };
  const overSeconds = settleSeconds + row.pick(5, 60);

  const before = acceptedPerSecond(await drive({}));
  await drained();
  // The control: as long a pause as the overload is, but without one. What differs is the machine, or the run's length.
  await sleep(overSeconds * 1000);
  const control = acceptedPerSecond(await drive({}));
  await drained();
  const peak = Math.max(before, control);
  // The same again over as many connections as the overload has: these cost something themselves.
  const rate = peak / eventsPerRequest;
  const base = await drive({ connections: overConnections, rate });
  await drained();
  const rssBefore = rss.peakBytes;

  const over = await drive({ connections: overConnections, rate: times * rate, seconds: overSeconds });
  const endedAt = performance.now();
  const goodput = acceptedPerSecond(over);
  await waitForState(exporter, ['green'], 60_000);
  const recoverySeconds = (performance.now() - endedAt) / 1000;
  await drained();
  const after = acceptedPerSecond(await drive({}));
  // Other work on the machine takes of its speed, and gives: of three peaks, on both sides of the overload, the middle.
  const middle = medianOf([before, control, after]);

  const driver = scene.driver({ count: 500, rate: Infinity, batch: 10 });
  await driver.run();
  await exporter.settled();
  const promised = ledgers.flatMap((file) => readFileSync(file, 'latin1').split('\n').filter(Boolean));
  const awaited = new Set(promised);
  const seen = new Set<string>();
  let duplicates = 0;
  for await (const { headers } of consumer.messages()) {
    const id = headers['ce_id'] ?? '';
    if (!/^load\d-\d{12}$/.test(id)) continue;
    if (seen.has(id)) duplicates += 1;
    seen.add(id);
    awaited.delete(id);
  }
  expect([...awaited].slice(0, 10)).toEqual([]);
  expect(duplicates).toBe(0);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 0,
    alsoSent: [...seen],
  });
  const offered = perSecond(over, ({ sent }) => sent);
  row.report({
    acked: promised.length + figures.acked,
    found: seen.size + figures.found,
    duplicates: duplicates + figures.duplicates,
    order: figures.order,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes:
      `peak over ${peakConnections} connections ${before}/s, after a pause ${control}/s, after the overload ${after}/s ` +
      `(${percent(after, control)}); at the peak's rate over ${overConnections} connections ` +
      `${acceptedPerSecond(base)}/s (${perSecond(base, ({ refused }) => refused)}/s refused); ` +
      `${times * peak}/s fell due, ${offered}/s were sent by a generator on the same cores; ` +
      `goodput ${goodput}/s (${percent(goodput, middle)} of the middle peak), ` +
      `${perSecond(over, ({ refused }) => refused)}/s refused; recovery: no reason left, the state is green ` +
      `cheer.holdSeconds later; ${Math.round((rss.peakBytes - rssBefore) / mebibyte)} MiB more memory than at the peak`,
  });
  expect(over.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
  expect(goodput).toBeGreaterThanOrEqual(0.8 * middle);
  expect(recoverySeconds).toBeLessThan(30);
  expect(rss.peakBytes).toBeLessThan(mostBytes);
});
