import { InvalidArgumentError, Option, type Command } from 'commander';
import { exitCode, messageOf, SelfcheerError } from '../errors';
import type { Progress, VerifyOptions } from '../release/run';
import type { Verdict, VerifyDocument } from '../release/verify-document';
import { seconds, wholeNumber } from './arguments';
import { addExamples, type CliContext } from './context';
import { write, writeJson, type Io } from './io';
import { createBar, pacedLines } from './progress';
import { clean, table } from './table';
import { settingsOf, type VerifyFlags } from './verify-options';

const codes: Readonly<Record<Verdict, number>> = {
  pass: exitCode.ok,
  fail: exitCode.failure,
  inconclusive: exitCode.inconclusive,
};
/** It passed, but a place that must have it does not. */
const notRecorded = 4;
const [leastEvents, mostEvents] = [20, 2_000];
const [leastSeconds, mostSeconds] = [30, 3_600];

export function addVerifyCommand(program: Command, context: CliContext): void {
  const command = program
    .command('verify')
    .description('Release gate: judge a release by synthetic events, beside what runs already')
    .requiredOption('--target <url>', 'admin address of the release')
    .requiredOption('--release <version>', 'the version that is to answer there')
    .option('--baseline <url>', 'admin address of what runs already, to compare with')
    .option('--ingest <url>', 'HTTP ingest of the release; default: host of --target, port 8080')
    .option('--baseline-ingest <url>', 'HTTP ingest of the baseline; default: host of --baseline, port 8080')
    .option('--prometheus <url>', 'ask it for the error budget of all processes of the release')
    .option('--grafana <url>', 'write the attempt as an annotation; its token: the variable GRAFANA_TOKEN')
    .option('--previous <version>', 'the version before; default: the one of the baseline')
    .option('--events <n>', `to each side in a round, ${leastEvents} to ${mostEvents}`, events, 100)
    .option(
      '--record <url>',
      'record the attempt at this sidecar or exporter (admin address); may be given several times',
      (text: string, earlier: readonly string[] = []) => [...earlier, text],
    )
    .option('--changelog <file>', 'put the attempt on top of this file; default: HEALTH_CHANGELOG.md, here')
    .option('--no-changelog', 'write no such file')
    .option(
      '--require-record',
      'exit with 4 when it passed but --record, or the changelog named, does not have it',
    )
    .addOption(
      new Option('--inconclusive-as <verdict>', 'exit code when nothing can be said for sure')
        .choices(['pass', 'fail', 'inconclusive'])
        .default('inconclusive'),
    )
    .option('--api-key <key>', 'roles producer and reader; default: the variable SELFCHEER_API_KEY')
    .addOption(
      new Option('--timeout <time>', 'of the whole, 30s to 1h; what is under way by then ends')
        .argParser(timeout)
        .default(180, '3m'),
    )
    .option('--json', 'answer as JSON (selfcheer/verify/v1)')
    .action((flags: VerifyFlags) => verify(flags, context));
  command.addHelpText(
    'after',
    '\nThe key for --record is SELFCHEER_RECORD_KEY, or the same one (role operator).' +
      '\nExit codes: 0 pass, 1 fail, 2 wrong usage, 3 inconclusive, 4 passed but not recorded (with --require-record).',
  );
  addExamples(
    command,
    'selfcheer verify --target http://canary:9464 --baseline http://stable:9464 --release 1.4.0',
    'selfcheer verify --target 127.0.0.1:9474 --ingest 127.0.0.1:8090 --release 1.4.0 --no-changelog --json | jq .verdict',
    'selfcheer verify --target http://canary:9464 --baseline http://stable:9464 --release 1.4.0 --require-record --record http://sidecar:9465',
  );
}

async function verify(flags: VerifyFlags, { io, exitWith }: CliContext): Promise<void> {
  const settings = settingsOf(flags, io);
  const shown = showProgress(io);
  let document: VerifyDocument;
  let missing: readonly { readonly why: string; readonly required: boolean }[];
  try {
    // Only this command pays for loading it.
    const [{ runVerify }, { recordEverywhere }] = await Promise.all([
      import('../release/run.js'),
      import('./verify-record.js'),
    ]);
    document = await runVerify({ ...settings, signal: io.signal, onProgress: shown.show });
    shown.stop();
    missing = await recordEverywhere(document, settings, io.signal);
  } catch (error) {
    shown.stop();
    // Whatever it is, it says nothing of the release: it must look neither like a pass nor like a failure.
    const why = error instanceof SelfcheerError ? error.message : messageOf(error);
    io.stderr.write(`selfcheer: not verified: ${clean(why)}\n`);
    exitWith(codes.inconclusive);
    return;
  }
  if (flags.json === true) await writeJson(io.stdout, document);
  else await write(io.stdout, report(document));
  for (const { why } of missing) io.stderr.write(`selfcheer: warning: ${clean(why)}\n`);
  const { verdict } = document;
  const code = codes[verdict === 'inconclusive' ? flags.inconclusiveAs : verdict];
  const lacking = flags.requireRecord === true && missing.some(({ required }) => required);
  exitWith(code === 0 && lacking ? notRecorded : code);
}

/** For people: a row for each gate, the verdict at the end. */
function report({
  gates,
  verdict,
  service,
  release,
  previous,
  run,
  started_at,
  ended_at,
}: VerifyDocument): string {
  const took = ((Date.parse(ended_at) - Date.parse(started_at)) / 1000).toFixed(1);
  const rows = gates.map((gate) => [gate.name, gate.verdict, gate.detail]);
  const after = previous === null ? '' : ` after ${previous}`;
  const last = `${verdict.toUpperCase()}: ${service} ${release}${after}, ${took} s, run ${run}`;
  return `${table(['GATE', 'VERDICT', 'WHAT WAS SEEN'], rows)}\n${clean(last)}\n`;
}

function showProgress({ stderr }: Io): {
  readonly show: NonNullable<VerifyOptions['onProgress']>;
  readonly stop: () => void;
} {
  if (stderr.isTTY !== true) {
    const paced = pacedLines(stderr);
    const line = ({ what, done, total }: Progress): string => `${what}: ${done} of ${total}`;
    return { show: (progress) => paced(() => line(progress)), stop: () => undefined };
  }
  const bar = createBar(stderr, '{bar} {value}/{total} {what}');
  let started = false;
  return {
    show: ({ what, done, total }) => {
      if (!started) bar.start(total, done, { what });
      else if (bar.getTotal() !== total) bar.setTotal(total);
      started = true;
      bar.update(done, { what });
    },
    stop: () => bar.stop(),
  };
}

function events(text: string): number {
  const number = wholeNumber(text);
  if (number < leastEvents || number > mostEvents) {
    throw new InvalidArgumentError(`It must be ${leastEvents} to ${mostEvents}.`);
  }
  return number;
}

function timeout(text: string): number {
  const time = seconds(text);
  if (time < leastSeconds || time > mostSeconds) throw new InvalidArgumentError('It must be 30s to 1h.');
  return time;
}
