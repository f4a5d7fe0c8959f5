/**
 * npm run e2e:release [-- --good 30 --bad 5] [-- --only slow] [-- --out FILE]
 *
 * Rehearses releases: a good build so many times and each bad one so many times, among each other, on one stage. Prints a
 * table, and writes it to e2e/release/release.md and all figures to e2e/release/results. Ends with 1 when a build was not
 * judged as it should be, or an acknowledged event is lost.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Account, account } from './account';
import { nobodyThere, unscraped } from './blind';
import { type Blind, isRight, type Results, tableOf } from './report';
import { type Rehearsal, rehearse } from './rollout';
import { type Build, builds, Stage } from './stage';

const { values } = parseArgs({
  options: {
    good: { type: 'string', default: '30' },
    bad: { type: 'string', default: '5' },
    only: { type: 'string' },
    out: { type: 'string', default: __dirname },
  },
});

const begun = performance.now();
const date = new Date().toISOString();
const rehearsals: Rehearsal[] = [];
const blind: Blind[] = [];

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);

async function main(): Promise<number> {
  const wanted = builds.filter((build) => values.only === undefined || build === values.only);
  if (wanted.length === 0) throw new Error(`--only is one of ${builds.join(', ')}`);
  const stage = await Stage.start();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stage.close().finally(() => process.exit(1)));
  }
  let accounted: Account;
  try {
    for (const build of inTurn(wanted, Number(values.good), Number(values.bad))) {
      const one = await rehearse(stage, build);
      rehearsals.push(one);
      const { release, outcome, exitCode, gateSeconds, seconds } = one;
      const right = isRight(one) ? '' : ' WRONG';
      process.stdout.write(
        `${build} ${release}: exit code ${exitCode} after ${gateSeconds.toFixed(1)} s, ${outcome}, ${seconds.toFixed(1)} s${right}\n`,
      );
      // What is known when it is ended early.
      save(undefined);
    }
    if (values.only === undefined) blind.push(...(await blinds(stage)));
    accounted = await account(stage);
  } finally {
    await stage.close();
  }
  process.stdout.write(`\n${save(accounted)}`);
  const blindPass = blind.some(({ verdict, exitCode }) => verdict === 'pass' || exitCode === 0);
  const good =
    rehearsals.every(isRight) && !blindPass && accounted.lost.length + accounted.changed.length === 0;
  return good ? 0 : 1;
}

async function blinds(stage: Stage): Promise<Blind[]> {
  const release = stage.nextVersion();
  await stage.startCanary('good', release);
  const found = await Promise.all([unscraped(stage, release), nobodyThere(stage)]);
  await stage.drainCanary();
  return found;
}

/** Among each other, so that what the machine does meets all of them, and an early end leaves some of each. */
function inTurn(wanted: readonly Build[], good: number, bad: number): Build[] {
  const order: { build: Build; at: number }[] = [];
  for (const [index, build] of wanted.entries()) {
    const runs = build === 'good' ? good : bad;
    for (let run = 0; run < runs; run += 1)
      order.push({ build, at: (run + (index + 1) / (wanted.length + 1)) / runs });
  }
  return order.sort((a, b) => a.at - b.at).map(({ build }) => build);
}

/** Writes what is known by now; the table. */
function save(accounted: Account | undefined): string {
  const results: Results = {
    ...{ date, node: process.version, machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}` },
    ...{ minutes: (performance.now() - begun) / 60_000, rehearsals, blind, account: accounted },
  };
  const table = tableOf(results);
  const folder = path.join(values.out, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${date.slice(0, 10)}.json`), `${JSON.stringify(results, null, 2)}\n`);
  const text =
    `# Rehearsed releases\n\n\`npm run e2e:release\` wrote this on ${date.slice(0, 10)} (Node ${process.version}, ` +
    `${results.machine}, ${results.minutes.toFixed(0)} minutes); README.md says what it does.\n\n${table}`;
  writeFileSync(path.join(values.out, 'release.md'), text);
  return table;
}
