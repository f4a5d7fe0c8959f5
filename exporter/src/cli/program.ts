import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { exitCode, SelfcheerError, StoreError, UsageError } from '../errors';
import { addConfigCommand } from './config';
import { addConformCommand } from './conform';
import type { CliContext, CliDependencies } from './context';
import type { Io } from './io';
import { addNewCommand } from './new';
import { addProfileCommand } from './profile';
import { addQuarantineCommand } from './quarantine';
import { addRulesCommand } from './rules';
import { addSendCommand } from './send';
import { addSidecarCommand } from './sidecar';
import { addStartCommand } from './start';
import { addStoreCommand } from './store';
import { addTailCommand } from './tail';
import { addVerifyCommand } from './verify';

/** Runs one command line, without the program's name in front; resolves with the exit code and never rejects. */
export async function runCli(
  argv: readonly string[],
  io: Io,
  dependencies: CliDependencies,
): Promise<number> {
  let code: number = exitCode.ok;
  const context: CliContext = { ...dependencies, io, exitWith: (given) => (code = given) };
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    io.stderr.write(`selfcheer: ${describe(error)}\n`);
    return codeOf(error);
  }
}

function createProgram(context: CliContext): Command {
  const program = new Command('selfcheer')
    .description(
      'Takes events, keeps them safe, publishes them to Kafka, and says out loud how well that goes.',
    )
    .version(version(), '-V, --version')
    .helpCommand(false)
    .showHelpAfterError('Add --help for what is possible.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.io.stdout.write(text),
      writeErr: (text) => void context.io.stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 good, 1 not good, 2 wrong usage or configuration, 3 the store does not add up.',
    );
  // Subcommands inherit these settings only if they are made after them.
  addStartCommand(program, context);
  addSendCommand(program, context);
  addTailCommand(program, context);
  addQuarantineCommand(program, context);
  addStoreCommand(program, context);
  addSidecarCommand(program, context);
  addProfileCommand(program, context);
  addRulesCommand(program, context);
  addConfigCommand(program, context);
  addConformCommand(program, context);
  addVerifyCommand(program, context);
  addNewCommand(program, context);
  return program;
}

function version(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What was foreseen is one message; a bug shows where it happened. */
function describe(error: unknown): string {
  if (error instanceof SelfcheerError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Errors of a store that say nothing about whether it adds up. */
const otherStoreErrors: Readonly<Record<string, number>> = {
  store_locked: exitCode.failure,
  store_missing: exitCode.usage,
  foreign_files: exitCode.usage,
  store_no_space: exitCode.failure,
};

function codeOf(error: unknown): number {
  if (error instanceof UsageError) return exitCode.usage;
  if (!(error instanceof StoreError)) return exitCode.failure;
  return otherStoreErrors[error.code] ?? exitCode.store;
}
