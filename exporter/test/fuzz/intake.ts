import type { Admission } from '../../src/ingest/admission';
import { ByteBudget } from '../../src/ingest/byte-budget';
import { Intake } from '../../src/ingest/intake';

/** An intake whose checks are real, and that nothing is ever handed over to. */
export function stubIntake(): Intake {
  const never = (): never => {
    throw new Error('nothing is submitted here');
  };
  return new Intake({
    acceptor: { append: never },
    unwritten: never,
    defaults: { source: '/selfcheer/fuzz', type: 'selfcheer.event' },
    limits: { eventBytes: 100_000, clockAheadSeconds: 300 },
    mintIds: false,
    cheer: never,
    gate: never,
    admission: undefined as unknown as Admission,
    memory: new ByteBudget(2 ** 20),
    observer: { ingested: never, latency: never, shed: never, failure: never },
    now: () => Date.UTC(2026, 0, 1),
    clock: () => 0,
  });
}
