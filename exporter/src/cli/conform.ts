import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { messageOf, SelfcheerError, UsageError } from '../errors';
import type { ConformOptions } from '../conform/start-up';
import { seconds } from './arguments';
import { addExamples, type CliContext } from './context';
import { write, writeJson } from './io';
import { clean } from './table';

interface Flags {
  readonly method?: string;
  readonly body?: string;
  readonly header: Readonly<Record<string, string>>;
  readonly admin?: string;
  readonly apiKey?: string;
  readonly slow?: string;
  readonly drainSeconds: number;
  readonly json?: boolean;
}

const misses = 1;
/** Nothing was missed, but not everything, or nothing, could be checked. */
const inconclusive = 3;

export function addConformCommand(program: Command, context: CliContext): void {
  const command = program
    .command('conform')
    .description('Check a service against the contract of the kit: probes, metrics, traces, logs, drain')
    .argument('<url>', 'a route of the service that answers well; {id} in it is another number each time')
    .argument('[command...]', 'behind --: starts the service, which is then checked in full')
    .option('--method <method>', 'of its requests; default: GET, or POST with --body', method)
    .option('--body <text>', 'of its requests; {id} in it is another number each time')
    .option('--header <name: value>', 'of its requests; may be given several times', header, {})
    .option(
      '--admin <url>',
      'admin address; default: the one of the start line, SELFCHEER_ADMIN, or 127.0.0.1:9464',
    )
    .option('--api-key <key>', 'of the admin port; default: the variable SELFCHEER_API_KEY')
    .option('--slow <path>', 'a route that takes a second or two: such a request must survive SIGTERM')
    .option('--drain-seconds <time>', 'from SIGTERM to the exit at the most', seconds, 30)
    .option('--json', 'answer as JSON')
    .action((url: string, words: string[], flags: Flags) => conform(url, words, flags, context));
  command.addHelpText(
    'after',
    '\nExit codes: 0 it conforms, 1 it misses something, 2 wrong usage, 3 it could not be checked in full.',
  );
  addExamples(
    command,
    "selfcheer conform 'http://127.0.0.1:3000/orders/{id}' -- node dist/main.js",
    'selfcheer conform http://127.0.0.1:8080/v1/events -- selfcheer start',
    `selfcheer conform http://127.0.0.1:3000/orders --body '{"item": {id}}' --header 'content-type: application/json'`,
    'selfcheer conform http://127.0.0.1:3000/ --admin 127.0.0.1:9464 --json | jq .verdict',
  );
}

async function conform(
  url: string,
  command: readonly string[],
  flags: Flags,
  context: CliContext,
): Promise<void> {
  const { io, exitWith } = context;
  const options = optionsOf(url, command, flags, context);
  const lines = (text: string): string => text.split('\n').map(clean).join('\n');
  try {
    // Only this command pays for loading it.
    const [{ runConform }, { reportJson, resultText, scoreOf, scoreText }] = await Promise.all([
      import('../conform/run.js'),
      import('../conform/report.js'),
    ]);
    const report = await runConform(options, (result) => {
      if (flags.json !== true) io.stdout.write(lines(resultText(result)));
    });
    if (flags.json === true) await writeJson(io.stdout, reportJson(report));
    else await write(io.stdout, lines(scoreText(report)));
    const { verdict } = scoreOf(report.results);
    if (verdict !== 'conforms') exitWith(verdict === 'misses' ? misses : inconclusive);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // Whatever it is, it says nothing of the service: it must not look like a miss.
    const why =
      error instanceof SelfcheerError ? error.message : io.signal.aborted ? 'interrupted' : messageOf(error);
    io.stderr.write(`selfcheer: not checked: ${lines(why)}\n`);
    exitWith(inconclusive);
  }
}

function optionsOf(
  url: string,
  command: readonly string[],
  flags: Flags,
  { io }: CliContext,
): ConformOptions {
  const plain = url.replaceAll('{id}', '0');
  if (!URL.canParse(plain) || !/^https?:$/.test(new URL(plain).protocol)) {
    throw new UsageError(`${url} is not a URL such as http://127.0.0.1:3000/orders/{id}`);
  }
  const { method, body, header: headers, admin, slow } = flags;
  const fromEnv = io.env['SELFCHEER_ADMIN'];
  for (const [name, given] of [
    ['--admin', admin],
    ['SELFCHEER_ADMIN', fromEnv],
  ] as const) {
    if (given !== undefined && !URL.canParse(/^https?:\/\//.test(given) ? given : `http://${given}`)) {
      throw new UsageError(`${name} ${given} is not an address such as 127.0.0.1:9464`);
    }
  }
  if (command[0] === '') {
    throw new UsageError('The command behind -- is empty: name the program that starts the service.');
  }
  if (new URL(plain).port === '0' && command.length === 0) {
    throw new UsageError(
      'Port 0 stands for the one of the start line: put the command of the service at the end.',
    );
  }
  const apiKey = flags.apiKey ?? io.env['SELFCHEER_API_KEY'];
  return {
    route: { url, headers, ...(method !== undefined && { method }), ...(body !== undefined && { body }) },
    ...(admin !== undefined && { admin }),
    ...(apiKey !== undefined && { apiKey }),
    ...(command.length > 0 && { command }),
    ...(slow !== undefined && { slow }),
    env: io.env,
    cwd: io.cwd,
    limits: { drainMs: flags.drainSeconds * 1000 },
    signal: io.signal,
  };
}

function method(text: string): string {
  if (!/^[A-Za-z]+$/.test(text)) throw new InvalidArgumentError('It must be a method, for example POST.');
  return text.toUpperCase();
}

function header(text: string, earlier: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("It must be a header, for example 'content-type: application/json'.");
  }
  return { ...earlier, [name.toLowerCase()]: value };
}
