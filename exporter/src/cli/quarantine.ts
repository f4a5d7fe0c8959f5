import type { Command } from 'commander';
import { z } from 'zod';
import { exitCode, SelfcheerError, UsageError } from '../errors';
import { AdminClient } from './admin-client';
import { wholeNumber, wholeNumbers } from './arguments';
import { addConfigOption, addExamples, readConfig, type CliContext, type ConfigOptions } from './context';
import { write, writeJson } from './io';
import { clean, table } from './table';

interface Flags extends ConfigOptions {
  readonly admin?: string;
  readonly apiKey?: string;
  readonly json?: boolean;
  readonly limit: number;
  readonly before?: number;
  readonly all?: boolean;
}

/** The fields that are shown; the API may have more. */
const itemSchema = z.looseObject({
  number: z.number(),
  event_id: z.string(),
  type: z.string(),
  reason: z.string(),
  step: z.string(),
  detail: z.string(),
  attempts: z.number(),
  quarantined_at: z.string(),
});
const pageSchema = z.looseObject({
  total: z.number(),
  next_before: z.number().nullable(),
  items: z.array(itemSchema),
});

const largestPage = 200;

export function addQuarantineCommand(program: Command, context: CliContext): void {
  const group = program
    .command('quarantine')
    .description('Look at the events that were set aside, and send them on or throw them away');
  const add = (name: string, description: string, ...examples: readonly string[]): Command => {
    const command = group.command(name).description(description);
    addConfigOption(command)
      .option('--admin <url>', 'admin address of the exporter; default: the one of the configuration')
      .option(
        '--api-key <key>',
        'default: the variable SELFCHEER_API_KEY, which a process list does not show',
      )
      .option('--json', 'answer as JSON');
    return addExamples(command, ...examples);
  };
  add(
    'list',
    'The newest events in quarantine',
    'selfcheer quarantine list',
    'selfcheer quarantine list --json | jq .total',
  )
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .option('--before <number>', 'only older ones than this number', wholeNumber)
    .action((flags: Flags) => list(flags, context));
  add('show', 'One event with its payload and why it is there', 'selfcheer quarantine show 12')
    .argument('<number>', 'its number in the list', wholeNumber)
    .action((number: number, flags: Flags) => show(number, flags, context));
  add(
    'replay',
    'Send events through again, under the same ids',
    'selfcheer quarantine replay 12 13',
    'selfcheer quarantine replay --all',
  )
    .argument('[numbers...]', 'their numbers in the list', wholeNumbers)
    .option('--all', 'everything that is in quarantine now')
    .action((numbers: number[] | undefined, flags: Flags) => settle('replay', numbers, flags, context));
  add('discard', 'Throw events away for good; this is audited', 'selfcheer quarantine discard 12')
    .argument('<numbers...>', 'their numbers in the list', wholeNumbers)
    .action((numbers: number[], flags: Flags) => settle('discard', numbers, flags, context));
}

function connect(flags: Flags, { io }: CliContext): AdminClient {
  const address = flags.admin ?? readConfig(flags, io).config.admin;
  return new AdminClient(address, flags.apiKey ?? io.env['SELFCHEER_API_KEY'], io.signal);
}

async function page(
  client: AdminClient,
  limit: number,
  before?: number,
): Promise<z.infer<typeof pageSchema>> {
  const query = new URLSearchParams({
    limit: String(limit),
    ...(before !== undefined && { before: String(before) }),
  });
  return understood(pageSchema, await client.get(`/api/v1/quarantine?${query.toString()}`));
}

function understood<T>(schema: z.ZodType<T>, answer: unknown): T {
  const { data, error } = schema.safeParse(answer);
  if (error === undefined) return data;
  throw new SelfcheerError(
    'admin_api',
    'The answer is not that of a quarantine. Is --admin the admin address?',
    { cause: error },
  );
}

async function list(flags: Flags, context: CliContext): Promise<void> {
  const answer = await page(connect(flags, context), Math.min(flags.limit, largestPage), flags.before);
  const { stdout } = context.io;
  if (flags.json === true) return writeJson(stdout, answer);
  if (answer.items.length === 0) return write(stdout, 'No events in quarantine.\n');
  const head = ['NUMBER', 'SINCE', 'REASON', 'STEP', 'TYPE', 'EVENT ID', 'DETAIL'];
  const rows = answer.items.map((item) => [
    item.number,
    item.quarantined_at,
    item.reason,
    item.step,
    item.type,
    item.event_id,
    item.detail,
  ]);
  const more = answer.next_before === null ? '' : `; older ones with --before ${answer.next_before}`;
  await write(stdout, `${table(head, rows)}${answer.items.length} of ${answer.total}${more}\n`);
}

async function show(number: number, flags: Flags, context: CliContext): Promise<void> {
  const answer = await connect(flags, context).get(`/api/v1/quarantine/${number}`);
  if (flags.json === true) return writeJson(context.io.stdout, answer);
  const { payload, ...item } = understood(itemSchema, answer);
  const lines = Object.entries(item).map(([name, value]) => [name, shown(value)]);
  await write(context.io.stdout, `${table(['', ''], lines).trimStart()}\n${pretty(String(payload))}\n`);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return clean(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Indented when it is JSON; escapes in it stay escapes, so nothing in it reaches the terminal raw. */
function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2).split('\n').map(clean).join('\n');
  } catch {
    return clean(payload);
  }
}

/** Each number gets its own answer: one that is gone already does not keep the others. */
async function settle(
  action: 'replay' | 'discard',
  given: readonly number[] | undefined,
  flags: Flags,
  context: CliContext,
): Promise<void> {
  const client = connect(flags, context);
  const numbers = flags.all === true ? await allNumbers(client) : (given ?? []);
  if (flags.all !== true && numbers.length === 0) throw new UsageError('Name event numbers, or --all.');
  const { stdout, stderr } = context.io;
  const results: { number: number; result: string; detail?: string }[] = [];
  for (const number of numbers) {
    try {
      await client.post(`/api/v1/quarantine/${number}/${action}`);
      results.push({ number, result: action === 'replay' ? 'replayed' : 'discarded' });
    } catch (error) {
      if (!(error instanceof SelfcheerError) || error.code !== 'not_in_quarantine') throw error;
      results.push({ number, result: 'not_in_quarantine', detail: error.message });
      if (flags.json !== true) stderr.write(`selfcheer: ${error.message}\n`);
      context.exitWith(exitCode.failure);
    }
  }
  if (flags.json === true) return writeJson(stdout, { results });
  const done = results.filter(({ detail }) => detail === undefined).length;
  await write(stdout, `${done} ${action === 'replay' ? 'replayed' : 'discarded'}.\n`);
}

/** Oldest first, so that a replay keeps the order in which they came. */
async function allNumbers(client: AdminClient): Promise<number[]> {
  const numbers: number[] = [];
  for (let before: number | undefined; ;) {
    const { items, next_before: next } = await page(client, largestPage, before);
    numbers.push(...items.map(({ number }) => number));
    if (next === null) return numbers.reverse();
    before = next;
  }
}
