import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../../e2e/helpers/exporter-process';
import type { LoadCounts, LoadOrder } from '../../bench/overload-load';
import { settle } from './support/account';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { readJson, waitFor, waitForState } from './support/wait-for';

const mebibyte = 2 ** 20;
const times = 10;
const eventsPerRequest = 10;
/** Of each load the first seconds don't count: code is still being compiled, and the control law sets in. */
const settleSeconds = 3;
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
  const child = spawn(path.join(root, 'node_modules/.bin/tsx'), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  child.stdin.end(`${JSON.stringify(order)}\n`);
  const lines: LoadCounts[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(JSON.parse(line) as LoadCounts);
  expect((await ended)[0]).toBe(0);
  return lines;
}

/** Events a second, after the first seconds. */
function perSecond(lines: readonly LoadCounts[], pick: (line: LoadCounts) => number): number {
  const counted = lines.slice(settleSeconds * 4);
  const requests = counted.reduce((sum, line) => sum + pick(line), 0);
  return Math.round((requests * eventsPerRequest * 4) / counted.length);
}

faultRow('10 times the load', { timeoutMs: 120_000 }, async (row) => {
  const scene = await setDiskScene(row, {
    env: {
      NODE_OPTIONS: `--max-old-space-size=${heapMebibytes}`,
      SELFCHEER_INGEST_LIMITS_BUFFERED_BYTES: String(bufferedMebibytes * mebibyte),
      SELFCHEER_OUTBOX_QUEUE_BYTES: String(queueMebibytes * mebibyte),
    },
  });
  const { exporter, consumer, rss, folder } = scene;
  const [host = '', port] = exporter.addresses.http.split(':');
  const ledger = (name: string) => path.join(folder, name);
  const order = (name: string): LoadOrder => ({
    host,
    port: Number(port),
    run: name,
    connections: 64,
    eventsPerRequest,
    seconds: settleSeconds + row.pick(4, 30),
    ledger: ledger(name),
  });
  const peakLines = await load(order('peak'));
  const peak = perSecond(peakLines, ({ accepted }) => accepted);
  await waitFor('it is drained', 60_000, async () => {
    const { lanes } = await readJson<{ lanes: { pending: number }[] }>(exporter, '/api/v1/pipeline');
    return lanes.every(({ pending }) => pending === 0);
  });

  const rssAtPeak = rss.peakBytes;

  const overLines = await load({
    ...order('over'),
    connections: 2_000,
    rate: (times * peak) / eventsPerRequest,
    seconds: settleSeconds + row.pick(7, 60),
  });
  const endedAt = performance.now();
  const goodput = perSecond(overLines, ({ accepted }) => accepted);
  const offered = perSecond(overLines, ({ sent }) => sent);
  // The state is held for a second here: this is when the reasons are over, to which `cheer.holdSeconds` would be added.
  await waitForState(exporter, ['green'], 60_000);
  const recoverySeconds = (performance.now() - endedAt) / 1000;

  // The peak again: other work on the machine may have taken of its speed, or given.
  const againLines = await load(order('again'));
  const again = perSecond(againLines, ({ accepted }) => accepted);
  const driver = scene.driver({ count: 500, rate: Infinity, batch: 10 });
  await driver.run();
  await exporter.settled();
  const now = Math.min(peak, again);
  const promised = ['peak', 'over', 'again'].flatMap((name) =>
    readFileSync(ledger(name), 'latin1').split('\n').filter(Boolean),
  );
  const awaited = new Set(promised);
  const loaded: string[] = [];
  const seen = new Set<string>();
  let duplicates = 0;
  for await (const { headers } of consumer.messages()) {
    const id = headers['ce_id'] ?? '';
    if (!/^(peak|over|again)-\d{12}$/.test(id)) continue;
    if (seen.has(id)) duplicates += 1;
    seen.add(id);
    loaded.push(id);
    awaited.delete(id);
  }
  expect([...awaited].slice(0, 10)).toEqual([]);
  expect(duplicates).toBe(0);
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0, alsoSent: loaded });
  row.report({
    acked: promised.length + figures.acked,
    found: seen.size + figures.found,
    duplicates: duplicates + figures.duplicates,
    order: figures.order,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes:
      `${Math.round((rss.peakBytes - rssAtPeak) / mebibyte)} MiB more memory than at the peak load; ` +
      `peak ${peak}/s before and ${again}/s after; ${times * peak}/s fell due, ${offered}/s (${(offered / peak).toFixed(1)} times) were sent by a ` +
      `generator on the same cores; goodput ${goodput}/s (${Math.round((goodput / now) * 100)} %), ` +
      `${perSecond(overLines, ({ refused }) => refused)}/s refused`,
  });
  expect(overLines.reduce((sum, { failed }) => sum + failed, 0)).toBe(0);
  expect(goodput).toBeGreaterThanOrEqual(0.8 * now);
  expect(recoverySeconds).toBeLessThan(30);
  expect(rss.peakBytes).toBeLessThan(mostBytes);
});
