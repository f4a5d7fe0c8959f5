import { runCli } from '../../../e2e/helpers/exporter-process';
import type { Consumer } from '../../../e2e/helpers/published';
import { readQuarantine } from '../fault/support/account';
import { audit } from '../fault/support/audit';
import { inFlight, type Scene } from '../fault/support/scene';
import { isPoison, type Load } from './load';
import type { FaultKind } from './schedule';
import { Updates } from './updates';
import type { SufferedFault } from './verdict';

const drainMs = 120_000;
/** Faults at which a send may end without an answer, so that it goes out again. */
const leavesDoubt: ReadonlySet<FaultKind> = new Set([
  'kill',
  'broker',
  'pause',
  'half-open',
  'cut',
  'lost',
  'disk',
]);
const freshId = 'fresh-after-all';

export interface SoakAccount {
  readonly acked: number;
  readonly found: number;
  readonly duplicates: number;
  /** What may have been in flight at the faults. */
  readonly duplicatesAtMost: number;
  readonly quarantined: number;
  /** Acknowledged events that were sent once more and recognised. */
  readonly echoes: number;
  readonly updates: number;
  readonly drainSeconds: number;
  /** Ids by what is wrong with them; only what there is. */
  readonly wrong: Readonly<Record<string, readonly string[]>>;
}

/**
 * acked ⊆ sink ∪ quarantine, sink ⊆ issued, bodies as sent, order of each key, revisions in their order, duplicates
 * within their bound, exactly the poison in quarantine, a fresh event goes through, an empty store that adds up. The
 * load has ended; the exporter runs, and is stopped by this.
 */
export async function drawUp(
  scene: Scene,
  load: Load,
  faults: readonly Pick<SufferedFault, 'kind'>[],
): Promise<SoakAccount> {
  const { exporter, consumer } = scene;
  const began = performance.now();
  await exporter.settled(drainMs);
  const drainSeconds = (performance.now() - began) / 1000;
  const fresh = await exporter.post(`{"event_id":"${freshId}","payload":{}}`, {
    'content-type': 'application/json',
  });
  await exporter.settled(drainMs);
  const quarantined = new Set((await readQuarantine(exporter)).map(({ event_id: id }) => id));

  const numberOf = (id: string): number | undefined =>
    load.drivers.map((driver) => driver.numberOf(id)).find((n) => n !== undefined);
  const poisonPublished: string[] = [];
  const rest: Pick<Consumer, 'messages'> = {
    async *messages() {
      for await (const message of consumer.messages()) {
        const id = message.headers['ce_id'] ?? '';
        if (isPoison(numberOf(id) ?? 0)) poisonPublished.push(id);
        if (Updates.owns(message)) load.updates.add(message);
        else yield message;
      }
    },
  };
  const { acked, found, duplicates, ...wrong } = await audit({
    drivers: load.drivers,
    consumer: rest,
    alsoSent: new Set([freshId]),
    elsewhere: quarantined,
    mustBeThere: [freshId],
  });
  const updates = load.updates.account();
  const wronglySetAside = [...quarantined].filter((id) => !isPoison(numberOf(id) ?? 0));
  return {
    acked: acked + updates.acked,
    found: found + updates.found,
    duplicates: duplicates + updates.duplicates,
    duplicatesAtMost: faults.filter(({ kind }) => leavesDoubt.has(kind)).length * inFlight,
    quarantined: quarantined.size,
    echoes: load.echoes,
    updates: updates.acked,
    drainSeconds,
    wrong: present({
      ...wrong,
      'updates missing': updates.missing,
      'updates altered': updates.altered,
      'updates disordered': updates.disordered,
      'poison published': poisonPublished,
      'wrongly in quarantine': wronglySetAside,
      'duplicates taken as new': load.takenTwice,
      'fresh event refused': fresh.status === 202 ? [] : [String(fresh.status)],
      store: await stopAndCheck(scene, quarantined.size),
    }),
  };
}

async function stopAndCheck({ exporter }: Scene, quarantined: number): Promise<string[]> {
  const exit = await exporter.stop();
  const { code, stdout } = await runCli(['store', 'check', '--data-dir', exporter.dataDir, '--json']);
  const told = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  const wanted = { ok: true, clean: true, records: 0, quarantined };
  return [
    ...(exit === 0 ? [] : [`ended with ${String(exit)}`]),
    ...(code === 0 ? [] : [`store check ended with ${String(code)}`]),
    ...Object.entries(wanted)
      .filter(([name, value]) => told[name] !== value)
      .map(([name]) => `${name}: ${String(told[name])}`),
  ];
}

function present(wrong: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(wrong)
      .filter(([, ids]) => ids.length > 0)
      .map(([what, ids]) => [what, ids.slice(0, 11)]),
  );
}
