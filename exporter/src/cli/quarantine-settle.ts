import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { exitCode, SelfcheerError, UsageError } from '../errors';
import type { AdminClient } from './admin-client';
import { connect } from './admin-flags';
import type { CliContext } from './context';
import { write, writeJson, type Io } from './io';
import { pacedLines } from './progress';
import { filterQuery, understood, type FilterFlags, type QuarantineFlags } from './quarantine-api';

export interface SettleFlags extends QuarantineFlags, FilterFlags {
  readonly all?: boolean;
  readonly yes?: boolean;
}

type Action = 'replay' | 'discard';
const done = { replay: 'replayed', discard: 'discarded' } as const;
/** Answers that concern one event and do not keep the others. */
const itsOwn = ['not_in_quarantine', 'superseded'];

const stepSchema = z.looseObject({
  replayed: z.number().default(0),
  discarded: z.number().default(0),
  superseded: z.number(),
  next_after: z.number().nullable(),
  through: z.number(),
});

/** `quarantine replay` and `quarantine discard`. */
export async function settle(
  action: Action,
  numbers: readonly number[],
  flags: SettleFlags,
  context: CliContext,
): Promise<void> {
  const filtered = flags.reason !== undefined || flags.step !== undefined || flags.since !== undefined;
  if (flags.all === true) {
    if (numbers.length > 0) throw new UsageError('Name event numbers or --all, not both.');
    if (action === 'discard' && flags.yes !== true && !(await confirmed(flags, context.io))) {
      return write(context.io.stdout, 'Nothing was discarded.\n');
    }
    return settleAll(action, flags, context);
  }
  if (filtered) throw new UsageError('--reason, --step and --since choose from --all.');
  if (numbers.length === 0) throw new UsageError('Name event numbers, or --all.');
  return settleEach(action, numbers, flags, context);
}

async function confirmed({ reason, step, since }: FilterFlags, { stdin, stderr }: Io): Promise<boolean> {
  if (!('isTTY' in stdin) || stdin.isTTY !== true) {
    throw new UsageError('Discarding all of them can not be undone: say --yes.');
  }
  const which = [
    reason !== undefined && ` with the reason ${reason}`,
    step !== undefined && ` at the step ${step}`,
    since !== undefined && ` since ${new Date(since).toISOString()}`,
  ].filter(Boolean);
  const questions = createInterface({ input: stdin, output: stderr });
  try {
    const question = `Discard all quarantined events${which.join('')} for good? Type yes: `;
    return (await questions.question(question)).trim().toLowerCase() === 'yes';
  } finally {
    questions.close();
  }
}

/** Each number gets its own answer: one that is gone already does not keep the others. */
async function settleEach(
  action: Action,
  numbers: readonly number[],
  flags: SettleFlags,
  context: CliContext,
): Promise<void> {
  const client = connect(flags, context);
  const { stdout, stderr } = context.io;
  const results: { number: number; result: string; detail?: string }[] = [];
  for (const number of numbers) {
    try {
      await client.post(`/api/v1/quarantine/${number}/${action}`);
      results.push({ number, result: done[action] });
    } catch (error) {
      if (!(error instanceof SelfcheerError) || !itsOwn.includes(error.code)) throw error;
      results.push({ number, result: error.code, detail: error.message });
      if (flags.json !== true) stderr.write(`selfcheer: ${error.message}\n`);
      context.exitWith(exitCode.failure);
    }
  }
  if (flags.json === true) return writeJson(stdout, { results });
  const count = results.filter(({ detail }) => detail === undefined).length;
  await write(stdout, `${count} ${done[action]}.\n`);
}

/** Oldest first, so that a replay keeps the order in which they came; what comes back meanwhile is left for next time. */
async function settleAll(action: Action, flags: SettleFlags, context: CliContext): Promise<void> {
  const client = connect(flags, context);
  const { stdout, stderr } = context.io;
  const totals = { count: 0, superseded: 0 };
  const progress = startProgress(stderr, flags.json === true, () => `${totals.count} ${done[action]}`);
  try {
    for await (const step of steps(client, action, flags)) {
      totals.count += step[done[action]];
      totals.superseded += step.superseded;
      progress.tell();
    }
  } catch (error) {
    progress.stop();
    if (totals.count > 0) stderr.write(`selfcheer: ${totals.count} ${done[action]} before this failed:\n`);
    throw error;
  }
  progress.stop();
  if (flags.json === true) {
    return writeJson(stdout, { [done[action]]: totals.count, superseded: totals.superseded });
  }
  const left = `, ${totals.superseded} left: a later revision of them was accepted; discard them`;
  await write(stdout, `${totals.count} ${done[action]}${totals.superseded > 0 ? left : ''}.\n`);
}

async function* steps(
  client: AdminClient,
  action: Action,
  flags: SettleFlags,
): AsyncGenerator<z.infer<typeof stepSchema>> {
  const query = filterQuery(flags);
  for (;;) {
    const path = `/api/v1/quarantine/${action}?${query.toString()}`;
    const step = understood(stepSchema, await client.post(path));
    yield step;
    if (step.next_after === null) return;
    query.set('after', String(step.next_after));
    query.set('through', String(step.through));
  }
}

/** One line that changes on a terminal, a line every five seconds elsewhere, nothing when `quiet`. */
function startProgress(
  stderr: Io['stderr'],
  quiet: boolean,
  text: () => string,
): { readonly tell: () => void; readonly stop: () => void } {
  if (quiet) return { tell: () => undefined, stop: () => undefined };
  if (stderr.isTTY !== true) {
    const line = pacedLines(stderr);
    return { tell: () => line(text), stop: () => undefined };
  }
  let shown = false;
  const tell = (): void => {
    shown = true;
    stderr.write(`\r${text()}`);
  };
  return { tell, stop: () => void (shown && stderr.write('\r\u001b[K')) };
}
