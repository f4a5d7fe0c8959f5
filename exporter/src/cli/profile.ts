import { open, unlink, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { longestProfileSeconds, type ProfileKind } from '@selfcheer/cheer-kit';
import { InvalidArgumentError, type Command } from 'commander';
import { messageOf, SelfcheerError, UsageError } from '../errors';
import { memberOf, textOf } from '../config/member';
import { addAdminOptions, connect, type AdminFlags } from './admin-flags';
import { wholeNumber } from './arguments';
import { addExamples, type CliContext } from './context';
import { write, type Io } from './io';

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
      .option('-s, --seconds <n>', `how long, at most ${longestProfileSeconds}`, profileSeconds, 10)
      .option('--thread <name>', 'main, or relay for the one that enriches and publishes', 'main')
      .option(
        '-o, --output <file>',
        `a new one, or - for standard output; default: selfcheer-${kind}-TIME.${kind}profile`,
      )
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
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const file = flags.output ?? `selfcheer-${kind}-${time}.${kind}profile`;
  const path = file === '-' ? undefined : resolve(io.cwd, file);
  const client = connect(flags, context);
  if (path === undefined) return write(io.stdout, await sampled(kind, flags, client, io));
  // Told before the time is spent, and of nobody else by the time it is there.
  const handle = await open(path, 'wx').catch(cannotWrite(file));
  let text: string;
  try {
    text = await sampled(kind, flags, client, io);
    await handle.writeFile(text).catch(cannotWrite(file));
    await handle.close();
  } catch (error) {
    await discard(handle, path);
    throw error;
  }
  const size = `${Math.ceil(text.length / 1024)} KiB`;
  await write(io.stdout, `${file} (${size}): load it in the ${panel[kind]} panel of Chrome's DevTools.\n`);
}

/** The profile as JSON. */
async function sampled(
  kind: ProfileKind,
  { seconds, thread }: Flags,
  client: ReturnType<typeof connect>,
  io: Io,
): Promise<string> {
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
  return JSON.stringify(profile);
}

/** There is no profile, so there is no file. */
async function discard(handle: FileHandle, path: string): Promise<void> {
  await handle.close().catch(() => undefined);
  await unlink(path).catch(() => undefined);
}

function profileSeconds(text: string): number {
  const number = wholeNumber(text);
  if (number > longestProfileSeconds) {
    throw new InvalidArgumentError(`It must be at most ${longestProfileSeconds}.`);
  }
  return number;
}

function cannotWrite(file: string): (error: unknown) => never {
  return (error) => {
    if (textOf(error, 'code') === 'EEXIST') {
      throw new UsageError(`${file} is there already: name a file that is not with -o, or remove it.`);
    }
    throw new UsageError(`Can't write ${file}: ${messageOf(error)}`, { cause: error });
  };
}
