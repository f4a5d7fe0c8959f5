import { type ExporterProcess, runCli } from '../../../../e2e/helpers/exporter-process';
import { LedgerDriver } from '../../../../e2e/helpers/ledger-driver';
import type { Consumer } from '../../../../e2e/helpers/published';
import { audit, nothingWrong } from './audit';
import type { RowFigures } from './results';

export interface AccountOptions {
  readonly exporter: ExporterProcess;
  /** All that sent events; each with a prefix of its own. */
  readonly drivers: readonly LedgerDriver[];
  readonly consumer: Consumer;
  /** What may have been in flight at the faults, so may be there twice. */
  readonly duplicatesAtMost: number;
  /** Ids that were sent by others than the drivers: may be in the sink, or not. */
  readonly alsoSent?: readonly string[];
  /** Ids that the audit log says were discarded. */
  readonly discarded?: readonly string[];
  /** Until the outbox is empty. Default 60,000. */
  readonly drainMs?: number;
  /** Without this the exporter is stopped at the end, and its store must be empty and add up. */
  readonly keepRunning?: boolean;
}

export interface AccountFigures extends RowFigures {
  readonly acked: number;
  readonly found: number;
  readonly duplicates: number;
  readonly order: 'kept';
  readonly drainSeconds: number;
  /** Of events that are in quarantine now. */
  readonly quarantined: readonly string[];
}

let fresh = 0;

/**
 * Draws up the account after a fault has healed: waits for the drain, sends one fresh event, reads the sink from its
 * beginning and holds it against the ledgers. Fails the test where it does not add up; else gives the figures.
 *
 * acked ⊆ sink ∪ quarantine ∪ audited discards (the outbox is empty by then), sink ⊆ issued, payloads as sent, one
 * revision each, first-seen order of each key, duplicates within their bound, the fresh event is there.
 */
export async function settle(options: AccountOptions): Promise<AccountFigures> {
  const { exporter, consumer, discarded = [], alsoSent = [], drainMs = 60_000 } = options;
  const began = performance.now();
  await exporter.settled(drainMs);
  const drainSeconds = (performance.now() - began) / 1000;
  const freshId = `fresh-${process.pid}-${fresh++}`;
  const answer = await exporter.post(`{"event_id":"${freshId}","payload":1}`, {
    'content-type': 'application/json',
  });
  expect({ fresh: answer.status }).toEqual({ fresh: 202 });
  await exporter.settled(drainMs);

  const quarantined = (await readQuarantine(exporter)).map(({ event_id: id }) => id);
  const { acked, found, duplicates, ...wrong } = await audit({
    drivers: options.drivers,
    consumer,
    alsoSent: new Set([...alsoSent, freshId]),
    elsewhere: new Set([...quarantined, ...discarded]),
    mustBeThere: [freshId],
  });
  expect(wrong).toEqual(nothingWrong);
  expect(duplicates).toBeLessThanOrEqual(options.duplicatesAtMost);
  if (!options.keepRunning) await stopsClean(exporter, quarantined.length);
  return { acked, found, duplicates, order: 'kept', drainSeconds, quarantined };
}

/** Ids that were acknowledged and are not in the sink as it is now: for what was promised to be there already. */
export async function missingFrom(consumer: Consumer, driver: LedgerDriver): Promise<string[]> {
  const promised = LedgerDriver.read(driver.ledger);
  const found = new Set<string>();
  for await (const { headers } of consumer.messages()) found.add(headers['ce_id'] ?? '');
  return promised.filter((id) => !found.has(id));
}

async function stopsClean(exporter: ExporterProcess, quarantined: number): Promise<void> {
  expect({ exit: await exporter.stop() }).toEqual({ exit: 0 });
  const { code, stdout } = await runCli(['store', 'check', '--data-dir', exporter.dataDir, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, clean: true, problems: [], records: 0, quarantined });
  expect({ storeCheck: code }).toEqual({ storeCheck: 0 });
}

export interface QuarantinedItem {
  readonly number: number;
  readonly event_id: string;
  readonly reason: string;
  readonly step: string;
  readonly detail: string;
}

/** Everything in quarantine, newest first, through the command line as a person would. */
export async function readQuarantine(exporter: ExporterProcess): Promise<QuarantinedItem[]> {
  const items: QuarantinedItem[] = [];
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null;) {
    const args = ['quarantine', 'list', '--json', '--limit', '200', '--before', String(before)];
    const { code, stdout, stderr } = await runCli([...args, '--admin', exporter.addresses.admin]);
    if (code !== 0) throw new Error(`quarantine list ended with ${code}: ${stderr}`);
    const page = JSON.parse(stdout) as { items: QuarantinedItem[]; next_before: number | null };
    items.push(...page.items);
    before = page.next_before;
  }
  return items;
}
