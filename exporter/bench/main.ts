/**
 * npm run bench [-- throughput|latency|memory|overload|kit] [--events N] [--rounds N]
 *
 * Measures what the README claims and writes it to exporter/bench/results. Machines differ and are noisy, so what
 * counts are ratios inside one run.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startKafka } from '../../e2e/helpers/kafka-broker';
import { root } from './events';
import { measureKitOverhead } from './kit-overhead';
import { measureLatency } from './latency';
import { measureMemory } from './memory';
import { measureOverload } from './overload';
import { measureThroughput } from './throughput';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { events: { type: 'string' }, rounds: { type: 'string' } },
});
const wanted = positionals.length > 0 ? positionals : ['throughput', 'latency', 'memory', 'overload', 'kit'];
const number = (text: string | undefined, otherwise: number): number =>
  text === undefined ? otherwise : Number(text);

async function main(): Promise<void> {
  const results: Record<string, unknown> = {
    date: new Date().toISOString(),
    node: process.version,
    cpus: `${cpus().length} x ${cpus()[0]?.model}`,
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  };
  const measures: Record<string, () => Promise<unknown>> = {
    async throughput() {
      const kafka = await startKafka();
      try {
        return await measureThroughput(kafka, number(values.events, 200_000), number(values.rounds, 5));
      } finally {
        await kafka.dispose();
      }
    },
    latency: () => measureLatency(20),
    memory: () => measureMemory(number(values.events, 2_000_000)),
    async overload() {
      return [await measureOverload(20, 1), await measureOverload(20, 20)];
    },
    kit: () => measureKitOverhead(number(values.events, 40_000)),
  };
  for (const name of wanted) {
    const measure = measures[name];
    if (!measure)
      throw new Error(`there is no benchmark named ${name}; choose from ${Object.keys(measures).join(', ')}`);
    process.stderr.write(`${name}\n`);
    results[name] = await measure();
  }
  const directory = join(root, 'exporter/bench/results');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${String(results['date']).slice(0, 10)}-${wanted.join('-')}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${String(error)}\n`);
  process.exit(1);
});
