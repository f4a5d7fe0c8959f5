import { dirname } from 'node:path';
import type { Command } from 'commander';
import { configurationMarkdown } from '../config/docs';
import { memberOf } from '../config/member';
import { maskSecrets } from '../config/mask';
import { originText } from '../config/origin';
import type { Config } from '../config/schema';
import { addConfigOption, addExamples, readConfig, type CliContext, type ConfigOptions } from './context';
import { write, writeJson } from './io';
import { table } from './table';

interface Flags extends ConfigOptions {
  readonly json?: boolean;
}

export function addConfigCommand(program: Command, context: CliContext): void {
  const group = program.command('config').description('Check and explain the configuration');
  const check = group
    .command('check')
    .description('Say whether the configuration can be used, and show the values in use with their origin')
    .option('--json', 'effective configuration as JSON; secrets are masked')
    .action((flags: Flags) => checkConfig(flags, context));
  addConfigOption(check);
  addExamples(
    check,
    'selfcheer config check',
    'selfcheer config check --config prod.yaml --json | jq .config.kafka',
  );
  group
    .command('docs')
    .description('Print the reference of every key as Markdown')
    .action(() => write(context.io.stdout, configurationMarkdown()));
}

/** Throws what `start` would throw before it opens anything, and for flags that it would leave at their defaults. */
async function refuseUnstartable(config: Config, baseDir: string): Promise<void> {
  // Only this command pays for loading them.
  const [{ openAuthentication }, { checkBindPolicy }, { checkFlagsFile }, { advertisedAddress }, enrich] =
    await Promise.all([
      import('../auth/authentication.js'),
      import('../auth/bind-policy.js'),
      import('../flags.js'),
      import('../registration.js'),
      import('../enrich/enricher.js'),
    ]);
  checkBindPolicy(config);
  if (config.consul.register) advertisedAddress(config, config.http);
  // Keys at an address may be out of reach without harm, so that only those of a file are looked at.
  if (config.auth.jwt?.jwksFile !== undefined) {
    (await openAuthentication(config.auth, () => undefined)).close();
  }
  enrich.createEnricher(config.enrich, { baseDir }).close();
  await checkFlagsFile(config);
}

async function checkConfig(flags: Flags, { io }: CliContext): Promise<void> {
  const { config, sources, file } = readConfig(flags, io);
  await refuseUnstartable(config, file === undefined ? io.cwd : dirname(file));
  const shown = maskSecrets(config);
  if (flags.json === true) {
    const origins = Object.fromEntries([...sources].map(([name, origin]) => [name, originText(origin)]));
    return writeJson(io.stdout, { file: file ?? null, config: shown, sources: origins });
  }
  const rows = [...sources].map(([name, origin]) => [
    name,
    JSON.stringify(name.split('.').reduce<unknown>(memberOf, shown)) ?? '-',
    originText(origin),
  ]);
  await write(io.stdout, `${table(['KEY', 'VALUE', 'FROM'], rows)}\nThe configuration can be used.\n`);
}
