/**
 * npm run fuzz [-- --runs N --seconds S --seed N --target PREFIX --live N --results FILE]
 *
 * Feeds generated and damaged input to every reader of what others send, in this process and over sockets, and holds
 * what they make of it against an oracle of its own. Ends with 1 when one broke its promise; its seed gives the input
 * again.
 */
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { fuzzLive, type LiveOptions } from './live';
import { fuzz, type Finding } from './run';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '1800' },
    seed: { type: 'string' },
    target: { type: 'string' },
    live: { type: 'string', default: '20000' },
    results: { type: 'string' },
  },
});
const bin = join(__dirname, '../../bin/selfcheer.js');

function shown({ target, seed, promise, input }: Finding): void {
  process.stderr.write(`${target}, seed ${seed}: ${promise}\n  ${JSON.stringify(input)}\n`);
}

/** The built service with room for what comes, on free ports. */
async function withService<T>(
  run: (service: Pick<LiveOptions, 'addresses' | 'pid'>) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'selfcheer-fuzz-'));
  const free = '127.0.0.1:0';
  const env = {
    ...process.env,
    SELFCHEER_HTTP: free,
    SELFCHEER_GRPC: free,
    SELFCHEER_ADMIN: free,
    SELFCHEER_DATA_DIR: dataDir,
    KAFKA_BROKERS: '',
    LOG_LEVEL: 'fatal',
  };
  const child = spawn(process.execPath, [bin, 'start'], {
    cwd: dataDir,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the service ended with ${String(code)}`);
    });
    const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])) as [
      string,
    ];
    return await Promise.race([
      run({ addresses: JSON.parse(line) as LiveOptions['addresses'], pid: child.pid! }),
      ended,
    ]);
  } finally {
    child.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
  const startedAt = performance.now();
  const all: Finding[] = [];
  const note = (finding: Finding): void => {
    all.push(finding);
    shown(finding);
  };
  const live = values.target === undefined ? Number(values.live) : 0;
  const overSockets =
    live === 0
      ? {}
      : await withService((service) =>
          fuzzLive({ ...service, http: live * 0.75, grpc: live * 0.25, seed, shown: note }),
        );
  const { inputs } = await fuzz({
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    seed,
    only: values.target,
    shown: note,
  });
  const counts: Record<string, number> = { ...inputs, ...overSockets };
  const summary = {
    date: new Date().toISOString(),
    node: process.version,
    cpus: `${cpus().length} x ${cpus()[0]?.model}`,
    seed,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    inputs: counts,
    findings: all,
  };
  const text = `${JSON.stringify(summary, null, 2)}\n`;
  if (values.results !== undefined) writeFileSync(values.results, text);
  process.stdout.write(text);
  process.exitCode = all.length > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
