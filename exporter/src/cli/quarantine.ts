import { Option, type Command } from 'commander';
import { z } from 'zod';
import { quarantineReasons } from '../event';
import type { AdminClient } from './admin-client';
import { addAdminOptions, connect } from './admin-flags';
import { pastTime, wholeNumber, wholeNumbers } from './arguments';
import { addExamples, type CliContext } from './context';
import { write, writeJson } from './io';
import { filterQuery, understood, type FilterFlags, type QuarantineFlags } from './quarantine-api';
import { settle, type SettleFlags } from './quarantine-settle';
import { clean, table } from './table';

interface PageFlags extends QuarantineFlags {
  readonly limit: number;
  readonly before?: number;
}
type ListFlags = PageFlags & FilterFlags;

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
  trace_id: z.string().nullable(),
});
const pageSchema = z.looseObject({
  total: z.number(),
  next_before: z.number().nullable(),
  items: z.array(itemSchema),
});

const auditSchema = z.looseObject({
  next_before: z.number().nullable(),
  entries: z.array(
    z.looseObject({
      id: z.number(),
      at: z.string(),
      action: z.string(),
      actor: z.string(),
      via: z.string(),
      number: z.number(),
      event_id: z.string(),
      reason: z.string(),
      outcome: z.string(),
    }),
  ),
});

const largestPage = 200;

export function addQuarantineCommand(program: Command, context: CliContext): void {
  const group = program
    .command('quarantine')
    .description('Look at the events that were set aside, and send them on or throw them away');
  const add = (name: string, description: string, ...examples: readonly string[]): Command => {
    const command = group.command(name).description(description);
    addAdminOptions(command).option('--json', 'answer as JSON');
    return addExamples(command, ...examples);
  };
  addFilter(
    add(
      'list',
      'The newest events in quarantine',
      'selfcheer quarantine list --reason schema --since 1h',
      'selfcheer quarantine list --json | jq .total',
    )
      .option('--limit <n>', 'how many', wholeNumber, 50)
      .option('--before <number>', 'only older ones than this number', wholeNumber),
  ).action((flags: ListFlags) => list(flags, context));
  add('show', 'One event with its payload and why it is there', 'selfcheer quarantine show 12')
    .argument('<number>', 'its number in the list', wholeNumber)
    .action((number: number, flags: QuarantineFlags) => show(number, flags, context));
  addFilter(
    add(
      'replay',
      'Send events through again, under the same ids; this is audited',
      'selfcheer quarantine replay 12 13',
      'selfcheer quarantine replay --all --reason schema',
    )
      .argument('[numbers...]', 'their numbers in the list', wholeNumbers, [])
      .option('--all', 'everything that is in quarantine now, or what the filters leave of it'),
  ).action((numbers: number[], flags: SettleFlags) => settle('replay', numbers, flags, context));
  addFilter(
    add(
      'discard',
      'Throw events away for good, so that their ids may be sent again; this is audited',
      'selfcheer quarantine discard 12',
      'selfcheer quarantine discard --all --reason too_large --yes',
    )
      .argument('[numbers...]', 'their numbers in the list', wholeNumbers, [])
      .option('--all', 'everything that is in quarantine now, or what the filters leave of it')
      .option('--yes', 'with --all: do not ask'),
  ).action((numbers: number[], flags: SettleFlags) => settle('discard', numbers, flags, context));
  add('audit', 'Who replayed and discarded what, latest first', 'selfcheer quarantine audit --limit 20')
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .option('--before <id>', 'only earlier ones than this id', wholeNumber)
    .action((flags: PageFlags) => audit(flags, context));
}

function addFilter(command: Command): Command {
  const reasons = new Option('--reason <reason>', 'only these').choices(quarantineReasons);
  return command
    .addOption(reasons)
    .option('--step <name>', 'only those that failed at this step')
    .option('--since <time>', 'only those set aside since then: 30m, 2h or 2026-01-31T12:00:00Z', pastTime);
}

type Page = z.infer<typeof pageSchema>;

/** Reads until it has as many as asked for: with a filter a page may be short before the last. */
async function pages(client: AdminClient, flags: ListFlags): Promise<Page> {
  const items: Page['items'] = [];
  for (let { before } = flags; ;) {
    const query = filterQuery(flags);
    query.set('limit', String(Math.min(flags.limit - items.length, largestPage)));
    if (before !== undefined) query.set('before', String(before));
    const page = understood(pageSchema, await client.get(`/api/v1/quarantine?${query.toString()}`));
    items.push(...page.items);
    if (page.next_before === null || items.length >= flags.limit) return { ...page, items };
    before = page.next_before;
  }
}

async function list(flags: ListFlags, context: CliContext): Promise<void> {
  const answer = await pages(connect(flags, context), flags);
  const { stdout } = context.io;
  if (flags.json === true) return writeJson(stdout, answer);
  if (answer.items.length === 0) {
    const which =
      answer.total > 0
        ? `None of the ${answer.total} events in quarantine fits.`
        : 'No events in quarantine.';
    return write(stdout, `${which}\n`);
  }
  const head = ['NUMBER', 'SINCE', 'REASON', 'STEP', 'TRIES', 'TYPE', 'EVENT ID', 'TRACE ID', 'DETAIL'];
  const rows = answer.items.map((item) => [
    item.number,
    item.quarantined_at,
    item.reason,
    item.step,
    item.attempts,
    item.type,
    item.event_id,
    item.trace_id ?? '-',
    item.detail,
  ]);
  const more = answer.next_before === null ? '' : `; older ones with --before ${answer.next_before}`;
  await write(stdout, `${table(head, rows)}${answer.items.length} of ${answer.total}${more}\n`);
}

async function show(number: number, flags: QuarantineFlags, context: CliContext): Promise<void> {
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

async function audit(flags: PageFlags, context: CliContext): Promise<void> {
  const query = new URLSearchParams({ limit: String(Math.min(flags.limit, largestPage)) });
  if (flags.before !== undefined) query.set('before', String(flags.before));
  const client = connect(flags, context);
  const answer = understood(auditSchema, await client.get(`/api/v1/quarantine/audit?${query.toString()}`));
  const { stdout } = context.io;
  if (flags.json === true) return writeJson(stdout, answer);
  if (answer.entries.length === 0) return write(stdout, 'Nothing was replayed or discarded.\n');
  const head = ['ID', 'AT', 'ACTION', 'OUTCOME', 'BY', 'VIA', 'NUMBER', 'REASON', 'EVENT ID'];
  const rows = answer.entries.map((one) => [
    ...[one.id, one.at, one.action, one.outcome, one.actor, one.via, one.number, one.reason, one.event_id],
  ]);
  const more = answer.next_before === null ? '' : `Earlier ones with --before ${answer.next_before}\n`;
  await write(stdout, `${table(head, rows)}${more}`);
}
