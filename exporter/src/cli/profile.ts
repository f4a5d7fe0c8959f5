import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ProfileKind } from '@selfcheer/cheer-kit';
import type { Command } from 'commander';
import { messageOf, SelfcheerError, UsageError } from '../errors';
import { memberOf } from '../config/member';
import { addAdminOptions, connect, type AdminFlags } from './admin-flags';
import { wholeNumber } from './arguments';
import { addExamples, type CliContext } from './context';
import { write } from './io';

interface Flags extends AdminFlags {
  readonly seconds: number;
  readonly thread: string;
  readonly output?: string;
}

const what = {
  cpu: 'Where the time of the next seconds goes',
  heap: 'What is allocated in the next seconds and stays',
} as const;
const panel = { cpu: 'Performance', heap: 'Memory' } as const;
/** Of the service for putting the samples together, and of the way. */
const answerMs = 30_000;

export function addProfileCommand(program: Command, context: CliContext): void {
  const group = program
    .command('profile')
    .description('Look into a running service, which goes on meanwhile (needs the role operator)');
  for (const kind of ['cpu', 'heap'] as const) {
    const command = group
      .command(kind)
      .description(what[kind])
      .option('-s, --seconds <n>', 'how long, at most 60', wholeNumber, 10)
      .option('--thread <name>', 'main, or relay for the one that enriches and publishes', 'main')
      .option('-o, --output <file>', `- for standard output; default: selfcheer-${kind}-TIME.${kind}profile`)
      .action((flags: Flags) => takeProfile(kind, flags, context));
    addExamples(
      addAdminOptions(command),
      `selfcheer profile ${kind} --seconds 30`,
      `selfcheer profile ${kind} --thread relay --admin http://127.0.0.1:9464 -o relay.${kind}profile`,
    );
  }
}

async function takeProfile(kind: ProfileKind, flags: Flags, context: CliContext): Promise<void> {
  const { io } = context;
  const { seconds, thread } = flags;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const file = flags.output ?? `selfcheer-${kind}-${time}.${kind}profile`;
  const path = file === '-' ? undefined : resolve(io.cwd, file);
  // Told before the time is spent.
  if (path !== undefined) await access(dirname(path), constants.W_OK).catch(cannotWrite(file));
  const client = connect(flags, context);
  io.stderr.write(`Sampling for ${seconds} s ...\n`);
  const query = new URLSearchParams({ seconds: String(seconds), thread });
  const profile = await client
    .post(`/api/v1/profile/${kind}?${query.toString()}`, seconds * 1000 + answerMs)
    .catch((error: unknown) => {
      if (!io.signal.aborted) throw error;
      throw new SelfcheerError(
        'interrupted',
        'Interrupted: the service has stopped sampling, nothing was written.',
      );
    });
  if (!Array.isArray(memberOf(profile, kind === 'cpu' ? 'nodes' : 'samples'))) {
    throw new SelfcheerError('admin_api', 'The answer is no profile. Is --admin the admin address?');
  }
  const text = JSON.stringify(profile);
  if (path === undefined) return write(io.stdout, text);
  await writeFile(path, text).catch(cannotWrite(file));
  await write(
    io.stdout,
    `${file} (${Math.ceil(text.length / 1024)} KiB): load it in the ${panel[kind]} panel of Chrome's DevTools.\n`,
  );
}

function cannotWrite(file: string): (error: unknown) => never {
  return (error) => {
    throw new UsageError(`Can't write ${file}: ${messageOf(error)}`, { cause: error });
  };
}
