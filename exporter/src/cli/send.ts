import { Option, type Command } from 'commander';
import { exitCode, UsageError } from '../errors';
import { rate, seconds, wholeNumber, batchSize } from './arguments';
import { addExamples, type CliContext } from './context';
import { write, writeJson } from './io';
import { send, type SendOptions } from './send/run';
import { formats } from './send/source';
import { summaryText } from './send/summary';

type Flags = Omit<SendOptions, 'file' | 'apiKey' | 'retryForSeconds' | 'quiet'> & {
  readonly apiKey?: string;
  readonly retryFor: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
};

export function addSendCommand(program: Command, context: CliContext): void {
  const command = program
    .command('send')
    .description('Send the rows of a JSON, NDJSON or CSV file as events; sending again is safe')
    .argument('<file>', 'file, .gz too; - for standard input (NDJSON)')
    .addOption(new Option('--format <format>', 'default: by the extension').choices(formats))
    .option('--select <path>', 'list inside a JSON document, for example features or data.items')
    .option('--id-field <path>', 'row member that is the event id; default: hash of name, ordinal and row')
    .option('--key-field <path>', 'row member that is the partition key; default: the event id')
    .option(
      '--time-field <path>',
      'row member that is the timestamp, epoch ms or RFC 3339; default: time of receipt',
    )
    .option('--source <text>', 'source of the events')
    .option('--type <text>', 'type of the events')
    .option('--name <text>', 'name in the hashed ids; default: base name of the file')
    .option('--url <url>', 'HTTP ingest', 'http://127.0.0.1:8080')
    .option('--api-key <key>', 'default: the variable SELFCHEER_API_KEY, which a process list does not show')
    .option('--batch <events>', 'most events in one request, up to 1000', batchSize, 500)
    .option('--concurrency <n>', 'connections; the events of one key stay in order', wholeNumber, 4)
    .option('--rate <n>', 'events a second at the most', rate)
    .option('--retry-for <time>', 'how long a request is tried again', seconds, 60)
    .option('--checkpoint <file>', 'keep the progress in this file; a rerun goes on there')
    .option('--rejects <file>', 'write every rejected row to this file, as NDJSON')
    .option('-q, --quiet', 'no progress')
    .option('--json', 'summary as JSON')
    .action((file: string, flags: Flags) => runSend(file, flags, context));
  addExamples(
    command,
    'selfcheer send quakes.geojson --select features --id-field id --time-field properties.time',
    'selfcheer send flights.csv.gz --key-field origin --checkpoint flights.checkpoint',
    'tail -F app.ndjson | selfcheer send - --name app --rate 500',
  );
}

async function runSend(file: string, flags: Flags, { io, exitWith }: CliContext): Promise<void> {
  const { retryFor, json, quiet = false, ...rest } = flags;
  const apiKey = flags.apiKey ?? io.env['SELFCHEER_API_KEY'];
  const options = {
    ...rest,
    file,
    quiet,
    retryForSeconds: retryFor,
    ...(apiKey !== undefined && { apiKey }),
  };
  const { summary, error } = await send(options, io);
  if (error instanceof UsageError) throw error;
  if (json === true) await writeJson(io.stdout, summary);
  else await write(io.stdout, summaryText(summary, flags.rejects));
  if (error !== undefined) throw error;
  if (summary.rejected + summary.skippedRejected > 0 || !summary.complete) exitWith(exitCode.failure);
}
