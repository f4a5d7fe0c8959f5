import { Option, type Command } from 'commander';
import { UsageError } from '../errors';
import type { PublishedRecord } from '../publish/log-line';
import { readLog } from '../publish/log-reader';
import { wholeNumber } from './arguments';
import { addConfigOption, addExamples, readConfig, type CliContext, type ConfigOptions } from './context';
import { write, type Io } from './io';
import { clean } from './table';

interface Flags extends ConfigOptions {
  readonly topic?: string;
  readonly dataDir?: string;
  readonly follow?: boolean;
  readonly from?: 'start' | 'end';
  readonly lines: number;
  readonly json?: boolean;
}

export function addTailCommand(program: Command, context: CliContext): void {
  const command = program
    .command('tail')
    .description('Show what the embedded log sink has published')
    .option('--topic <topic>', 'default: the topic of the configuration')
    .option('-f, --follow', 'go on with what is published from now on')
    .option('-n, --lines <n>', 'how many of the newest records', wholeNumber, 10)
    .addOption(
      new Option('--from <place>', 'all from the start, or only what is new').choices(['start', 'end']),
    )
    .option('--data-dir <dir>', 'default: the directory of the configuration')
    .option('--json', 'one JSON a line: key, value, headers, lane, seq, published_at')
    .action((flags: Flags) => tail(flags, context.io));
  addConfigOption(command);
  addExamples(
    command,
    'selfcheer tail -f',
    "selfcheer tail --from start --json | jq -r '.value.event_id'",
    'selfcheer tail --topic events.synthetic -n 1',
  );
}

async function tail(flags: Flags, io: Io): Promise<void> {
  const { config } = readConfig(flags, io);
  const [broker] = config.kafka.brokers;
  if (broker !== undefined && flags.dataDir === undefined) {
    const topic = flags.topic ?? config.kafka.topic;
    throw new UsageError(
      `Events go to Kafka, and tail reads the embedded log sink. Read them with: kcat -C -b ${broker} -t ${topic}`,
    );
  }
  const onDamage = (file: string, offset: number): void => {
    io.stderr.write(`selfcheer: warning: left out a damaged line of ${file} at byte ${offset}\n`);
  };
  const log = {
    dataDir: flags.dataDir ?? config.dataDir,
    topic: flags.topic ?? config.kafka.topic,
    signal: io.signal,
  };
  const render = flags.json === true ? jsonLine : textLine;
  if (flags.from !== undefined) {
    const follow = flags.follow === true || flags.from === 'end';
    for await (const record of readLog({ ...log, onDamage, from: flags.from, follow })) {
      await write(io.stdout, render(record));
    }
    return;
  }
  // The newest ones first need a count: then following from the start and skipping leaves no gap between the two.
  let total = 0;
  const newest: PublishedRecord[] = [];
  for await (const record of readLog({ ...log, onDamage, from: 'start', follow: false })) {
    total += 1;
    newest.push(record);
    if (newest.length > flags.lines) newest.shift();
  }
  for (const record of newest) await write(io.stdout, render(record));
  if (flags.follow !== true) {
    if (total === 0)
      io.stderr.write(`selfcheer: nothing is published in ${log.dataDir} under ${log.topic} yet\n`);
    return;
  }
  let seen = 0;
  for await (const record of readLog({ ...log, from: 'start', follow: true })) {
    seen += 1;
    if (seen > total) await write(io.stdout, render(record));
  }
}

function jsonLine(record: PublishedRecord): string {
  const { key, headers, lane, seq, publishedAt } = record;
  const rest = JSON.stringify({ headers, lane, seq, published_at: publishedAt }).slice(1);
  return `{"key":${JSON.stringify(key)},"value":${oneLine(record.value)},${rest}\n`;
}

function textLine({ key, value, lane, seq, publishedAt }: PublishedRecord): string {
  return `${publishedAt}  ${lane}:${seq}  ${clean(key)}  ${clean(oneLine(value))}\n`;
}

/** Raw line breaks in JSON stand between tokens only, so leaving them out changes no value. */
function oneLine(json: string): string {
  return json.replace(/\s*[\r\n]\s*/g, '');
}
