import type { Command } from 'commander';
import { exitCode } from '../errors';
import { checkStore, type StoreReport } from '../outbox/check';
import { addConfigOption, addExamples, readConfig, type CliContext, type ConfigOptions } from './context';
import { write, writeJson } from './io';
import { addDrainCommand } from './store/drain';
import { addSalvageCommand } from './store/salvage';
import { table } from './table';

interface Flags extends ConfigOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

export function addStoreCommand(program: Command, context: CliContext): void {
  const group = program.command('store').description('Look after the store of the exporter');
  const check = group
    .command('check')
    .description('Read a whole store and say whether it adds up; the exporter must not be running on it')
    .option('--data-dir <dir>', 'default: the directory of the configuration')
    .option('--json', 'report as JSON')
    .action((flags: Flags) => runCheck(flags, context));
  addConfigOption(check);
  addExamples(check, 'selfcheer store check', 'selfcheer store check --data-dir /var/lib/selfcheer --json');
  addSalvageCommand(group, context);
  addDrainCommand(group, context);
}

async function runCheck(flags: Flags, { io, exitWith }: CliContext): Promise<void> {
  const dataDir = flags.dataDir ?? readConfig(flags, io).config.dataDir;
  const report = await checkStore(dataDir, io.signal);
  if (flags.json === true) await writeJson(io.stdout, withNulls(report));
  else await write(io.stdout, reportText(report, dataDir));
  if (!report.ok) exitWith(exitCode.store);
}

/** JSON has no `undefined`: what could not be read is null there, not absent. */
function withNulls(report: StoreReport): object {
  return Object.fromEntries(Object.entries(report).map(([name, value]) => [name, value ?? null]));
}

function reportText(report: StoreReport, dataDir: string): string {
  const { lanes, problems } = report;
  const closed = report.clean === undefined ? undefined : report.clean ? 'yes' : 'no';
  const facts: readonly (readonly [string, string | number | undefined])[] = [
    ['store', report.storeId],
    ['closed properly', closed],
    ['unsent events', report.records],
    ['bytes of them', report.bytes],
    ['in quarantine', report.quarantined],
    ['remembered ids', report.dedupeEntries],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const waiting = lanes.filter(({ records }) => records > 0);
  return [
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value ?? 'unknown'}\n`),
    ...(waiting.length === 0
      ? []
      : [
          '\n',
          table(
            ['LANE', 'LOW', 'HIGH', 'UNSENT'],
            waiting.map(({ lane, low, high, records }) => [lane, low, high, records]),
          ),
        ]),
    report.ok ? '\nThe store adds up.\n' : '\nThe store does NOT add up:\n',
    ...problems.map((problem) => `  ${problem}\n`),
    ...(report.ok ? [] : [whatToDo(dataDir)]),
  ].join('');
}

function whatToDo(dataDir: string): string {
  return (
    `\nTo save what is whole: selfcheer store salvage --data-dir ${dataDir} --dry-run, and then with --yes instead. ` +
    'The damaged store is kept beside the new one. Or restore a backup of the whole directory.\n'
  );
}
