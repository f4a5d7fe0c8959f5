import { CheerEngine, cheerJson } from '@selfcheer/cheer-kit';
import { pageModule } from '../helpers/page-module';

type Cheer = ReturnType<typeof cheerJson>;
interface Summary {
  readonly cheer: Cheer;
  readonly pipeline: { readonly stages: readonly unknown[] };
}

const { advice, headline } = pageModule<{
  advice(summary: Summary): { code?: string; text: string };
  headline(cheer: Cheer, hasPipeline?: boolean): string;
}>('words.js');

/** A service that is green, and what comes of what is done to it. */
function cheerAfter(break_: (engine: CheerEngine) => void, later?: (engine: CheerEngine) => void): Cheer {
  let seconds = 0;
  const engine = new CheerEngine({
    slos: [{ name: 'http', description: '', objective: 0.99, minBadEvents: 1 }],
    queues: ['jobs'],
    downstreams: ['prices'],
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    clock: { now: () => seconds * 1000, monotonic: () => seconds * 1000 },
  });
  const evaluate = (): Cheer => {
    seconds += 3;
    return cheerJson(engine.evaluate());
  };
  engine.recordSlo('http', 1000, 0);
  engine.recordLatency(0.001, 1000);
  evaluate();
  break_(engine);
  if (!later) return evaluate();
  evaluate();
  later(engine);
  return evaluate();
}

const of = (cheer: Cheer, stages = ['ingest']): Summary => ({ cheer, pipeline: { stages } });
const jobs = (depth: number, oldestAgeSeconds = 0) => ({
  ...{ depth, capacity: 100, oldestAgeSeconds, ageTargetSeconds: 1 },
});

const faults: Record<string, (engine: CheerEngine) => void> = {
  error_budget: (engine) => engine.recordSlo('http', 0, 900),
  latency: (engine) => engine.recordLatency(2, 900_000),
  saturation: (engine) => engine.setQueue('jobs', jobs(80)),
  age: (engine) => engine.setQueue('jobs', jobs(1, 60)),
  breakers: (engine) => engine.setBreaker('prices', 'open'),
  refusing: (engine) => engine.setRefusing('the outbox is full'),
  fenced: (engine) => engine.setFenced('write failed'),
  degraded: (engine) => engine.setDegraded('shedding'),
};

test.each(Object.keys(faults))(
  '%s: something to do first, for the exporter and for any other service',
  (code) => {
    const cheer = cheerAfter(faults[code]!);
    expect(cheer.reasons.map((reason) => reason.code)).toContain(code);
    for (const stages of [['ingest'], []]) {
      const first = advice(of(cheer, stages));
      expect(first).toMatchObject({ code: cheer.reasons[0]?.code });
      expect(first.text).toMatch(/^[A-Z].{20,}\.$/);
    }
  },
);

test('what is to be done is about the worst that is true now', () => {
  const both = cheerAfter((engine) => {
    faults['latency']?.(engine);
    faults['refusing']?.(engine);
  });
  expect(advice(of(both)).code).toBe('refusing');
  // The refusals are over and only held: what still is comes first.
  const later = cheerAfter(
    (engine) => {
      faults['breakers']?.(engine);
      faults['refusing']?.(engine);
    },
    (engine) => engine.setRefusing(undefined),
  );
  expect(later.reasons[0]?.code).toBe('refusing');
  expect(advice(of(later)).code).toBe('breakers');
});

test.each<[string, (engine: CheerEngine) => void]>([
  ['all is well', () => undefined],
  ['it drains', (engine) => engine.setDraining('draining: SIGTERM')],
])('nothing is to be done when %s', (_name, what) => {
  expect(advice(of(cheerAfter(what)))).toEqual({ text: '' });
});

test('a cheer that is switched off says what that means', () => {
  const off = cheerAfter((engine) => engine.disable('health-cheer'));
  expect(advice(of(off))).toEqual({ text: expect.stringContaining('No alert of the cheer') });
});

test('a service without a pipeline has no events to speak of', () => {
  for (const fault of [...Object.values(faults), (engine: CheerEngine) => engine.setDraining('x')]) {
    const cheer = cheerAfter(fault);
    expect(headline(cheer, false)).not.toMatch(/event|store|heartbeat/i);
    expect(headline(cheer, false)).toMatch(/^[A-Z].+\.$/);
    expect(advice(of(cheer, [])).text).not.toMatch(/broker|lane|stage/);
  }
});
