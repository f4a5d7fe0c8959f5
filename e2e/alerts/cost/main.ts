import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExporterProcess, root } from '../../helpers/exporter-process';
import { Prometheus } from '../../helpers/prometheus';
import { fleetHistory } from './history';
import { slos, startFleet } from './fleet';

/*
 * What the rules cost: a real Prometheus on one core evaluates them for a hundred services that each have all metrics of
 * an exporter, three SLOs and thirty days behind them. The figures are Prometheus's own.
 */

const services = 100;
const scrapeSeconds = 15;
const everySeconds = 30;
/** So long that what is evaluated every two minutes is seen. */
const looks = 10;
const results = path.join(__dirname, 'results.json');

interface Group {
  readonly name: string;
  /** Seconds, of the last evaluation. */
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
  readonly rules: readonly { readonly health: string; readonly lastError?: string }[];
}

async function groupsOf(prometheus: Prometheus): Promise<readonly Group[]> {
  const { data } = JSON.parse(await prometheus.until('rules', '"success"')) as { data: { groups: Group[] } };
  return data.groups;
}

async function main(): Promise<void> {
  const ends: (() => unknown)[] = [];
  const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-rule-cost-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  try {
    // What comes once an hour comes more often, so that it can be seen; an evaluation costs the same.
    const rules = ['recording.rules.yml', 'alerts.rules.yml'].map((name) => path.join(folder, name));
    for (const file of rules) {
      const text = await readFile(path.join(root, 'alerts', path.basename(file)), 'utf8');
      await writeFile(file, text.replace(/^( +interval): 1h$/gm, '$1: 2m'));
    }
    const exporter = await ExporterProcess.start();
    ends.push(() => exporter.dispose());
    const fleet = await startFleet(exporter, services);
    ends.push(() => fleet.close());
    process.env['GOMAXPROCS'] = '1';
    const history = fleetHistory(fleet.services, Date.now() / 1000);
    const prometheus = await Prometheus.start(fleet.address, { scrapeSeconds, rules, history });
    ends.push(() => prometheus.dispose());
    await prometheus.until('rules', '"cheer-slo.rules"');
    const before = await cpuSeconds(prometheus);
    const began = performance.now();
    const measured = await measure(prometheus);
    const used = (await cpuSeconds(prometheus)) - before;
    const seconds = (performance.now() - began) / 1000;
    const series = JSON.parse(
      await prometheus.until(`query?query=${encodeURIComponent('count({service=~".+"})')}`, '"value"'),
    ) as { data: { result: [{ value: [number, string] }] } };
    const report = {
      machine: cpus()[0]?.model ?? 'unknown',
      cores: 1,
      services,
      slosEach: slos.length,
      series: Number(series.data.result[0].value[1]),
      // Of all that Prometheus does, scraping too. Unlike the durations it is the same on a machine that is busy.
      cpuSecondsPerInterval: (used / seconds) * everySeconds,
      medianSecondsByGroup: Object.fromEntries(
        [...measured].map(([name, times]) => [name, times.sort((a, b) => a - b)[times.length >> 1]]),
      ),
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    await writeFile(results, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function cpuSeconds({ url }: Prometheus): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(30_000) });
  return Number(/^process_cpu_seconds_total (.*)$/m.exec(await answer.text())?.[1]);
}

/** Seconds of several evaluations of each group. */
async function measure(prometheus: Prometheus): Promise<Map<string, number[]>> {
  const seen = new Map<string, Map<string, number>>();
  for (let i = 0; i < looks; i++) {
    await sleep(scrapeSeconds * 1000);
    for (const { name, evaluationTime, lastEvaluation, rules } of await groupsOf(prometheus)) {
      const bad = rules.find(({ health }) => health === 'err');
      if (bad) throw new Error(`${name}: ${bad.lastError}`);
      if (!lastEvaluation.startsWith('0001')) {
        seen.set(name, (seen.get(name) ?? new Map<string, number>()).set(lastEvaluation, evaluationTime));
      }
    }
  }
  return new Map([...seen].map(([name, times]) => [name, [...times.values()]]));
}

void main();
