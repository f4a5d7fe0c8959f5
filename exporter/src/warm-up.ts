import type { Config } from './config/schema';
import type { Acceptor } from './event';
import { Admission } from './ingest/admission';
import { ByteBudget } from './ingest/byte-budget';
import { EventReader } from './ingest/event-reader';
import { Intake, isProblem, type IntakeDraft } from './ingest/intake';
import { JsonScanner } from './ingest/json-scanner';
import { dedupeKey, laneOf } from './outbox/keys';
import { encodeRecord } from './outbox/record';

const rounds = 8;
const eventsPerRound = 500;

/**
 * Sends a few thousand events through reading, checking, hashing and encoding, and drops them: V8 has then compiled
 * that path before the first producer waits for it. Cold, the first large requests took twice as long (50 to 100 ms),
 * which on a busy machine is late, and an hour's error budget was spent by a start.
 */
export async function warmUp(config: Config): Promise<void> {
  const acceptor: Acceptor = {
    append: (events) =>
      Promise.resolve(
        events.map((event, seq) => {
          encodeRecord(event, 1, event.receivedAt);
          dedupeKey(1, event.identity);
          return {
            status: 'accepted',
            revision: 1,
            lane: laneOf(event, config.outbox.lanes + 1),
            seq,
          } as const;
        }),
      ),
  };
  const ignore = (): void => undefined;
  const intake = new Intake({
    acceptor,
    unwritten: () => ({ events: 0, bytes: 0 }),
    defaults: { source: '/warm-up', type: 'warm-up' },
    limits: config.ingest.limits,
    mintIds: false,
    cheer: () => ({ state: 'warming', score: null }),
    gate: () => undefined,
    admission: new Admission({
      tenants: {},
      shedder: { drops: 0, sheds: () => false, took: () => undefined },
      clock: () => performance.now(),
      random: Math.random,
    }),
    memory: new ByteBudget(config.ingest.limits.bufferedBytes),
    observer: { ingested: ignore, latency: ignore, shed: ignore, failure: ignore },
    now: () => Date.now(),
    clock: () => performance.now(),
  });
  const reader = new EventReader(intake, new JsonScanner(config.ingest.limits.jsonDepth));
  const delivery = {
    transport: 'http',
    tenant: 'default',
    traffic: 'real',
    receivedAt: Date.now(),
    startedAt: 0,
  } as const;
  for (let round = 0; round < rounds; round++) {
    const drafts: IntakeDraft[] = [];
    for (let n = 0; n < eventsPerRound; n++) {
      const draft = reader.read(...lineOf(n));
      if (!isProblem(draft)) drafts.push(draft);
    }
    await intake.submit(drafts, delivery);
  }
}

function lineOf(n: number): [Buffer, number, number] {
  const payload = {
    name: `event ${n}`,
    figures: [n, n / 7, -n],
    nested: { flag: n % 2 === 0, text: 'x'.repeat(n % 200) },
  };
  const timestamp = n % 2 === 0 ? 1_700_000_000_000 + n : new Date(1_700_000_000_000 + n).toISOString();
  const line = Buffer.from(
    JSON.stringify({ event_id: `warm-${n}`, payload, timestamp, key: `key-${n % 9}` }),
  );
  return [line, 0, line.length];
}
