/**
 * npm run bench:panel [-- --services 500] [-- --rounds 20] [-- --grafana 12]
 *
 * Measures in Chromium what the panel promises, and writes it to e2e/panel/results: script time of an update and of a
 * change of size, and the size of the bundle. Fails when the bundle is too large or a change of size reads the data;
 * times depend on the machine and are told only.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { TestBrowser, untilIn } from '../helpers/browser';
import { root } from '../helpers/exporter-process';
import { PanelHost } from '../panel-host/host';
import { type FixtureFrame, withNumbers } from './gallery/frame';
import { end, fleet, start } from './gallery/scenarios';

/** Longest wait for a drawing: the data of hundreds of services are long on their way. */
const patienceMs = 120_000;
const largestBundle = 60 * 1024;
const stepMs = 15_000;
const viewport = { width: 1_280, height: 900 };
/** Of the dashboard's columns, px. */
const rounding = 24;
const widths = [1_340, 1_420, 1_500, 1_580, 1_660, 1_740, 1_820];

/** Taken by `inBench`. */
interface Draw {
  /** From the call of the panel's component to its whole tree in the document. */
  readonly ms: number;
  /** How often something looked at a series. */
  readonly reads: number;
  readonly width: number;
  readonly series: number;
}

/** Of a machine with other work the fastest says most. */
interface Times {
  readonly fastestMs: number;
  readonly medianMs: number;
  readonly slowestMs: number;
}

/** 15 series a service: 5 states, the score, 2 budgets, 4 conditions, cheers, 2 kinds of misses. */
function isBenched({ fields }: FixtureFrame): boolean {
  const labels = fields[1]?.labels ?? {};
  const left = { slo: ['ingest-latency'], condition: ['saturation'], traffic: ['synthetic'] };
  if (Object.entries(left).some(([label, values]) => values.includes(labels[label] ?? ''))) return false;
  return !['latency', 'quarantined', 'error'].includes(labels['reason'] ?? '');
}

/** Every score a little lower than in the round before, so that every service has to be drawn anew. */
function inRound(frames: readonly FixtureFrame[], round: number): FixtureFrame[] {
  const isScore = ({ fields }: FixtureFrame): boolean => fields[1]?.labels?.['__name__'] === 'cheer_score';
  return frames.map((frame) =>
    isScore(frame) ? withNumbers(frame, (score) => score * 0.99 ** round) : frame,
  );
}

function dashboard(): object {
  const datasource = { type: 'selfcheer-fixture', uid: 'fixture' };
  const panel = {
    id: 1,
    type: 'selfcheer-cheermeter-panel',
    title: 'Everything',
    gridPos: { x: 0, y: 0, w: 24, h: 20 },
    datasource,
    targets: [{ refId: 'A', datasource, scenario: 'fleet' }],
  };
  const time = { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
  return { title: 'bench', timezone: 'utc', time, panels: [panel] };
}

function summary(times: readonly number[]): Times {
  const sorted = [...times].sort((a, b) => a - b);
  const round = (ms: number | undefined): number => Math.round((ms ?? NaN) * 10) / 10;
  return {
    fastestMs: round(sorted[0]),
    medianMs: round(sorted[Math.floor(sorted.length / 2)]),
    slowestMs: round(sorted.at(-1)),
  };
}

/** Waits for a drawing like that; all that came before it are lost. */
async function nextDraw(page: Page, isMeant: (draw: Draw) => boolean): Promise<Draw> {
  const draws = await untilIn<Draw[]>(page, 'inBench.take()', (taken) => taken.some(isMeant), patienceMs);
  return draws.find(isMeant)!;
}

async function measureUpdates(page: Page, rounds: number): Promise<Draw[]> {
  const draws: Draw[] = [];
  for (let round = 0; round < rounds; round++) {
    await page.evaluate('inBench.refresh()');
    // While it waits for data it is drawn too.
    draws.push(await nextDraw(page, ({ reads }) => reads > 0));
  }
  return draws;
}

/** `margin`: about how much narrower the panel is than the page. */
async function measureResizes(page: Page, margin: number): Promise<Draw[]> {
  const draws: Draw[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: viewport.height });
    draws.push(await nextDraw(page, (draw) => Math.abs(draw.width - width + margin) <= rounding));
  }
  return draws;
}

function bundleBytes(): number {
  const dist = path.join(root, 'grafana-plugin/dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(dist, file))).length, 0);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      services: { type: 'string', default: '500' },
      rounds: { type: 'string', default: '20' },
      grafana: { type: 'string', default: '13' },
    },
  });
  const frames = fleet(Number(values.services), stepMs).filter(isBenched);
  let asked = 0;
  const fixtures = { fleet: () => inRound(frames, asked++) };
  const grafana = values.grafana === '12' ? 12 : 13;
  const host = await PanelHost.start({ grafana, dashboards: { bench: dashboard() }, fixtures });
  const browser = await TestBrowser.launch();
  try {
    const page = await browser.open(host.url('bench', { kiosk: true }), {
      reducedMotion: true,
      now: end,
      ...viewport,
    });
    await page.locator('[data-testid=cheer-meter]').waitFor();
    await page.addScriptTag({ path: path.join(__dirname, 'in-bench.js') });
    await page.evaluate('inBench.start()');
    // The stop-watch is put in place by the first one, and the engine learns by the next two.
    await measureUpdates(page, 3);
    const updates = await measureUpdates(page, Number(values.rounds));
    const resizes = await measureResizes(page, viewport.width - (updates[0]?.width ?? NaN));
    const results = {
      date: new Date().toISOString(),
      cpus: `${cpus().length} x ${cpus()[0]?.model}`,
      commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
      grafana,
      services: Number(values.services),
      series: frames.length,
      pointsPerSeries: frames[0]?.fields[0]?.values.length,
      update: summary(updates.map(({ ms }) => ms)),
      resize: summary(resizes.map(({ ms }) => ms)),
      resizeReads: resizes.reduce((sum, { reads }) => sum + reads, 0),
      bundleGzippedBytes: bundleBytes(),
    };
    const text = `${JSON.stringify(results, null, 2)}\n`;
    const folder = path.join(__dirname, 'results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `${results.date.slice(0, 10)}-panel.json`), text);
    process.stdout.write(text);
    await browser.closeViews();
    if (results.bundleGzippedBytes > largestBundle) throw new Error('the bundle is larger than 60 KiB');
    if (results.resizeReads > 0) throw new Error('a change of size read the data again');
  } finally {
    await browser.close();
    await host.dispose();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`bench:panel: ${String(error)}\n`);
  process.exit(1);
});
