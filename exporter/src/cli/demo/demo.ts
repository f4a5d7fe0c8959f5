import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { memberOf } from '../../config/member';
import { exitCode, messageOf, SelfcheerError } from '../../errors';
import { readLog } from '../../publish/log-reader';
import { AdminClient } from '../admin-client';
import { rate, seconds } from '../arguments';
import { IngestClient } from '../send/client';
import { systemClock } from '../send/clock';
import { badKinds } from './bad-events';
import { startExporter, type Exporter } from './exporter';
import { play, programme, type Tally } from './player';
import { datasetsDirectory, earthquakes, flights } from './records';
import { summarize } from './summary';

interface Flags {
  readonly seconds?: number;
  readonly rate: number;
}

const settleMs = 10_000;

/** Starts an exporter on a temporary directory and plays real events through it; resolves with the exit code. */
export async function runDemo(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const command = new Command('npm run demo --')
    .description('Start an exporter and play real events through it, with a few bad ones among them')
    .option('--seconds <time>', 'how long; default: until Ctrl-C or the end of the records', seconds)
    .option('--rate <n>', 'events a second', rate, 150)
    .exitOverride();
  try {
    await command.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    return error instanceof CommanderError && error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
  const directory = mkdtempSync(join(tmpdir(), 'selfcheer-demo-'));
  try {
    return await show(command.opts<Flags>(), directory, stop);
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : messageOf(error)}\n`);
    return exitCode.failure;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function show(flags: Flags, directory: string, stop: AbortSignal): Promise<number> {
  const datasets = datasetsDirectory();
  const exporter = await startExporter(directory, datasets);
  process.stdout.write(`\n  The live page: http://${exporter.admin}/\n  Ctrl-C ends the demo.\n\n`);
  const died = new AbortController();
  void exporter.ended.then(() => died.abort());
  const signals = [
    stop,
    died.signal,
    ...(flags.seconds === undefined ? [] : [AbortSignal.timeout(flags.seconds * 1000)]),
  ];
  const client = new IngestClient({ url: `http://${exporter.http}`, connections: 1 });
  const started = performance.now();
  try {
    const tally = await play({
      items: programme(earthquakes(datasets), flights(datasets), flags.rate),
      perSecond: flags.rate,
      client,
      clock: systemClock,
      signal: AbortSignal.any(signals),
      onTick: progressLine(started),
    });
    if (died.signal.aborted) throw new SelfcheerError('demo', `The exporter ended:\n${await exporter.ended}`);
    const played = (performance.now() - started) / 1000;
    const quarantined = await settled(exporter, tally);
    await exporter.stop();
    const published = await countPublished(join(directory, 'data'));
    const { text, asExpected } = summarize(tally, { seconds: played, published, quarantined });
    process.stdout.write(text);
    return asExpected ? exitCode.ok : exitCode.failure;
  } finally {
    client.close();
    await exporter.stop();
  }
}

/** A line a second on a terminal, in place; every ten seconds elsewhere. */
function progressLine(started: number): (tally: Tally) => void {
  const { isTTY } = process.stdout;
  const everyMs = isTTY ? 1_000 : 10_000;
  let next = started + everyMs;
  return (tally) => {
    if (performance.now() < next) return;
    next += everyMs;
    const answers = [...tally.values()].flatMap((counts) => [...counts]);
    const total = answers.reduce((sum, [, times]) => sum + times, 0);
    const accepted = answers.reduce((sum, [answer, times]) => sum + (answer === 'accepted' ? times : 0), 0);
    const line = `  ${total} events, ${accepted} accepted, ${total - accepted} rejected`;
    process.stdout.write(isTTY ? `\r${line}` : `${line}\n`);
  };
}

/** Waits until the pipeline is empty, so that the last events are counted too; resolves with those in quarantine. */
async function settled(exporter: Exporter, tally: Tally): Promise<number> {
  const expected = badKinds
    .filter((kind) => kind.expected === 'quarantined')
    .reduce((sum, { name }) => sum + (tally.get(name)?.get('accepted') ?? 0), 0);
  const admin = new AdminClient(exporter.admin, undefined, AbortSignal.timeout(settleMs));
  const deadline = performance.now() + settleMs;
  for (;;) {
    const total = Number(memberOf(await admin.get('/api/v1/quarantine?limit=1'), 'total'));
    const lanes = memberOf(await admin.get('/api/v1/pipeline'), 'lanes');
    const empty = Array.isArray(lanes) && lanes.every((lane) => memberOf(lane, 'pending') === 0);
    if ((empty && total >= expected) || performance.now() > deadline) return total;
    await systemClock.sleep(100, AbortSignal.timeout(settleMs)).catch(() => undefined);
  }
}

async function countPublished(dataDir: string): Promise<number> {
  let records = 0;
  for await (const record of readLog({ dataDir, topic: 'events', from: 'start', follow: false })) {
    records += record.headers['synthetic'] === undefined ? 1 : 0;
  }
  return records;
}
