import type { Command } from 'commander';
import { exitCode, UsageError } from '../../errors';
import { checkStore } from '../../outbox/check';
import { salvageStore } from '../../outbox/salvage';
import type { SalvageReport } from '../../outbox/salvage-report';
import { countOf } from '../../words';
import { addConfigOption, addExamples, readConfig, type CliContext, type ConfigOptions } from '../context';
import { write, writeJson } from '../io';
import { table } from '../table';
import { startProgress } from './progress';

interface Flags extends ConfigOptions {
  readonly dataDir?: string;
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** More ranges than these are in the report only. */
const rangesShown = 5;

export function addSalvageCommand(group: Command, context: CliContext): void {
  const salvage = group
    .command('salvage')
    .description('Take what is whole out of a damaged store into a new one, and say what is lost')
    .option('--data-dir <dir>', 'default: the directory of the configuration')
    .option('--to <dir>', 'make the new store in this data directory and leave the damaged one in its place')
    .option('--dry-run', 'only say what would be saved and lost')
    .option('--json', 'report as JSON')
    .option('--yes', 'put the new store in the place of the damaged one, which is renamed')
    .action((flags: Flags) => runSalvage(flags, context));
  addConfigOption(salvage);
  addExamples(
    salvage,
    'selfcheer store salvage --dry-run',
    'selfcheer store salvage --data-dir /var/lib/selfcheer --yes',
    'selfcheer store salvage --data-dir /mnt/broken --to /var/lib/selfcheer --json',
  ).addHelpText(
    'after',
    '\nExit codes: 0 all of it is saved, 1 it was interrupted and nothing was changed, 3 something is lost, or nobody can say.',
  );
}

async function runSalvage(flags: Flags, { io, exitWith }: CliContext): Promise<void> {
  const { config } = readConfig(flags, io);
  const dataDir = flags.dataDir ?? config.dataDir;
  const dryRun = flags.dryRun === true;
  if (!dryRun && flags.to === undefined && flags.yes !== true) {
    throw new UsageError(
      'This puts a new store in the place of the damaged one. See first what that gives with --dry-run, then add --yes.',
    );
  }
  if (await isSound(dataDir, io.signal)) {
    if (flags.json === true) await writeJson(io.stdout, { complete: true, needed: false });
    else await write(io.stdout, 'The store adds up: there is nothing to salvage, and nothing was changed.\n');
    return;
  }
  const progress = startProgress(io.stderr);
  const report = await salvageStore(dataDir, {
    ...(flags.to !== undefined && { to: flags.to }),
    dryRun,
    lanes: config.outbox.lanes,
    progress: (phase, rows) => progress.update(phase, rows),
    now: () => Date.now(),
    signal: io.signal,
  }).finally(() => progress.stop());
  if (flags.json === true) await writeJson(io.stdout, { needed: true, ...report, ...nulls(report) });
  else await write(io.stdout, textOf(report, dryRun));
  if (!report.complete) exitWith(exitCode.store);
}

/** A salvage of what is whole would only cost time, and the ids of lanes that are settled. */
async function isSound(dataDir: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await checkStore(dataDir, signal)).ok;
  } catch (error) {
    if ((error as { code?: string }).code === 'salvage_unfinished') return false;
    throw error;
  }
}

/** JSON has no `undefined`. */
function nulls({ storeId, oldStoreId, aside, findings }: SalvageReport): object {
  return {
    storeId: storeId ?? null,
    oldStoreId: oldStoreId ?? null,
    aside: aside ?? null,
    findings: findings ?? null,
  };
}

function textOf(report: SalvageReport, dryRun: boolean): string {
  const { quarantine, ids, lanes, doubts, damaged, aside, findings } = report;
  const facts: readonly (readonly [string, number])[] = [
    ['unsent events saved', report.saved],
    ['lost', report.lost],
    ['of them damaged, but there', damaged],
    ['in quarantine saved', quarantine.saved],
    ['lost from quarantine', quarantine.lost],
    ['remembered ids kept', ids.kept],
    ['forgotten', ids.forgotten],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const worst = lanes.filter(({ lost }) => lost > 0);
  const lines = [
    dryRun ? 'Nothing was changed. A salvage would give:\n\n' : '',
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`),
    ...(worst.length === 0 ? [] : ['\n', table(['LANE', 'SAVED', 'LOST', 'NUMBERS'], worst.map(laneRow))]),
    ...(doubts.length === 0 ? [] : ['\nMore may be lost:\n', ...doubts.map((doubt) => `  ${doubt}\n`)]),
    report.complete
      ? '\nNothing is lost.\n'
      : '\nProducers that can should send again what they sent lately: what is known is answered as a duplicate.\n',
    aside === undefined ? '' : `The damaged store is in ${aside}; remove it when you need it no more.\n`,
    findings === undefined
      ? ''
      : `The report${damaged > 0 ? ' and the damaged rows are' : ' is'} in ${findings}.\n`,
  ];
  return lines.join('');
}

function laneRow({ lane, saved, lost, lostRanges }: SalvageReport['lanes'][number]): (string | number)[] {
  const shown = lostRanges
    .slice(0, rangesShown)
    .map(([from, through]) => (from === through ? `${from}` : `${from}-${through}`));
  const more = lostRanges.length - shown.length;
  return [lane, saved, lost, shown.join(' ') + (more > 0 ? ` and ${countOf(more, 'more range')}` : '')];
}
