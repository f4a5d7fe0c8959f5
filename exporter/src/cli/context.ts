import type { Command } from 'commander';
import { loadConfig, type LoadedConfig } from '../config/load';
import type { Config } from '../config/schema';
import type { Io } from './io';

/** The running service as `start` holds it. */
export interface RunningApp {
  readonly addresses: { readonly http: string; readonly grpc: string; readonly admin: string };
  readonly sink: 'kafka' | 'log';
  /** Stops intake, settles what is in flight within its deadline, closes the store. */
  drain(reason: string): Promise<void>;
}

export interface CliDependencies {
  /** Loads and starts the service: only `start` pays for loading it. */
  readonly startApp: (config: Config) => Promise<RunningApp>;
}

/** What every command is given. */
export interface CliContext extends CliDependencies {
  readonly io: Io;
  /** Sets the exit code of a command that has done its work but has no good news. */
  readonly exitWith: (code: number) => void;
}

export interface ConfigOptions {
  readonly config?: string;
}

export function addConfigOption(command: Command): Command {
  return command.option(
    '-c, --config <file>',
    'configuration file (default: selfcheer.yaml, if there is one)',
  );
}

/** The configuration as every command reads it; warnings go to standard error. */
export function readConfig({ config: file }: ConfigOptions, { env, cwd, stderr }: Io): LoadedConfig {
  const loaded = loadConfig({ ...(file !== undefined && { file }), env, cwd });
  for (const warning of loaded.warnings) stderr.write(`selfcheer: warning: ${warning}\n`);
  return loaded;
}

/** Examples at the end of a command's help. */
export function addExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`,
  );
}
