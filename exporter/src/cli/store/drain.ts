import type { Command } from 'commander';
import { exitCode } from '../../errors';
import { countOf } from '../../words';
import { seconds } from '../arguments';
import { addConfigOption, addExamples, readConfig, type CliContext, type ConfigOptions } from '../context';
import { write, writeJson } from '../io';
import { startProgress } from './progress';

interface Flags extends ConfigOptions {
  readonly dataDir?: string;
  readonly toDir?: string;
  readonly timeout?: number;
  readonly json?: boolean;
}

export function addDrainCommand(group: Command, context: CliContext): void {
  const drain = group
    .command('drain')
    .description('Publish what is in a store that no exporter runs on, until it is empty')
    .option('--data-dir <dir>', 'default: the directory of the configuration')
    .option('--to-dir <dir>', 'data directory of the embedded log sink; default: that of the store')
    .option('--timeout <time>', 'give up after this time; what is left stays in the store', seconds)
    .option('--json', 'report as JSON')
    .action((flags: Flags) => runDrain(flags, context));
  addConfigOption(drain);
  addExamples(
    drain,
    'KAFKA_BROKERS=kafka-1:9092 selfcheer store drain --data-dir /mnt/orphan',
    'selfcheer store drain --data-dir /mnt/orphan --timeout 10m --json',
  ).addHelpText(
    'after',
    '\nExit codes: 0 it is empty, 1 something is left (nothing is lost: run it again), 3 the store does not add up.',
  );
}

async function runDrain(flags: Flags, { io, exitWith }: CliContext): Promise<void> {
  const { config, file } = readConfig(flags, io);
  // Loaded only now: `selfcheer store check` should not wait for Kafka.
  const { drainStore } = await import('../../drain.js');
  const progress = startProgress(io.stderr);
  const report = await drainStore(
    { ...config, dataDir: flags.dataDir ?? config.dataDir },
    {
      configFile: file,
      signal: io.signal,
      ...(flags.toDir !== undefined && { sinkDir: flags.toDir }),
      ...(flags.timeout !== undefined && { timeoutMs: flags.timeout * 1000 }),
      progress: ({ left, sent, problem }) =>
        progress.update(problem === undefined ? 'published' : `waiting: ${problem}`, sent, sent + left),
    },
  ).finally(() => progress.stop());
  if (flags.json === true) await writeJson(io.stdout, report);
  else await write(io.stdout, textOf(report));
  if (report.left > 0) exitWith(exitCode.failure);
}

function textOf(report: Awaited<ReturnType<typeof import('../../drain').drainStore>>): string {
  const { published, dropped, quarantined, quarantine, left, problem } = report;
  return [
    `${countOf(published, 'event')} published, ${dropped} dropped by enrichment, ${quarantined} set aside.\n`,
    quarantine === 0
      ? ''
      : `${countOf(quarantine, 'event')} in quarantine stay there: start the exporter on this store to look after them.\n`,
    left === 0
      ? 'The store is empty.\n'
      : `${countOf(left, 'event')} left${problem === null ? '' : `, because of: ${problem}`}. Nothing is lost: run it again.\n`,
  ].join('');
}
