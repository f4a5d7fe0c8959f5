import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { burnTiers, generateRules, ruleProfiles, specWarnings, type RuleProfile } from '@selfcheer/cheer-kit';
import { messageOf, SelfcheerError, UsageError } from '../errors';
import { addExamples, type CliContext } from './context';
import { write } from './io';
import { readSloFile, sloFileJsonSchema } from './rules-file';
import { ruleFiles, ruleFormats, type RuleFormat } from './rules-yaml';

interface Flags {
  readonly slos?: string;
  readonly out?: string;
  readonly format: RuleFormat;
  readonly name?: string;
  readonly profile: RuleProfile;
  readonly schema?: boolean;
}

export function addRulesCommand(program: Command, context: CliContext): void {
  const command = program
    .command('rules')
    .description(
      'Make Prometheus rules and alerts from slos.yml, for services with cheer-kit and for any others',
    )
    .option(
      '--slos <file>',
      'what to make them of (default: slos.yml, if there is one, else cheer-kit alone)',
    )
    .option('--out <dir>', 'where to write the files; without it they are printed')
    .addOption(
      new Option('--format <format>', 'rule files, or a PrometheusRule of the Prometheus operator')
        .choices(ruleFormats)
        .default('prometheus'),
    )
    .option('--name <name>', 'of the PrometheusRule (default: selfcheer)', resourceName)
    .addOption(
      new Option('--profile <profile>', 'fast: all in a sixtieth of the time, to see the alerts work')
        .choices(ruleProfiles)
        .default('standard'),
    )
    .option('--schema', 'print the JSON Schema of slos.yml instead')
    .action((flags: Flags) => rules(flags, context));
  addExamples(
    command,
    'selfcheer rules --slos slos.yml --out /etc/prometheus/rules',
    'selfcheer rules --format kubernetes --name shop | kubectl apply -f -',
  );
}

async function rules({ slos, out, format, name, profile, schema }: Flags, { io }: CliContext): Promise<void> {
  if (schema === true) return write(io.stdout, `${JSON.stringify(sloFileJsonSchema(), null, 2)}\n`);
  const spec = readSloFile(slos, io.cwd);
  if (name !== undefined && format !== 'kubernetes') {
    throw new UsageError('--name is that of a PrometheusRule: add --format kubernetes.');
  }
  let made;
  try {
    made = generateRules(spec, profile);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
  const fastest = Math.max(...burnTiers.map(({ factor }) => factor));
  for (const warning of specWarnings(spec, fastest)) io.stderr.write(`selfcheer: warning: ${warning}\n`);
  const files = ruleFiles(made, format, name);
  if (out === undefined) return write(io.stdout, files.map(({ text }) => text).join('---\n'));
  const directory = resolve(io.cwd, out);
  try {
    await mkdir(directory, { recursive: true });
    for (const { name, text } of files) await writeFile(join(directory, name), text);
  } catch (error) {
    throw new SelfcheerError('rules_unwritten', `Can't write the rules: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function resourceName(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,251}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be of a-z, 0-9 and -, with no - at its ends.');
}
