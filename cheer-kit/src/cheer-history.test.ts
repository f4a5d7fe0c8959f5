import { CheerEngine } from './cheer-engine';
import { recordHistory } from './cheer-history';
import { ManualClock } from './clock';
import { RecentEvents } from './recent-events';

async function setUp() {
  const clock = new ManualClock();
  const engine = new CheerEngine({
    slos: [],
    queues: [],
    downstreams: ['kafka'],
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    clock,
  });
  const ring = await RecentEvents.open({ clock, onProblem: fail });
  const leave = recordHistory(engine, ring);
  const told = () => ring.since(0).map(({ title, detail }) => `${title}: ${detail}`);
  return { clock, engine, ring, leave, told };
}

function fail(error: Error): never {
  throw error;
}

test('changes of state with their reasons', async () => {
  const { clock, engine, ring, told } = await setUp();
  engine.recordLatency(0.001, 1);
  clock.advance(3);
  engine.evaluate();
  engine.setBreaker('kafka', 'open');
  engine.setBreaker('kafka', 'closed');
  clock.advance(30);
  engine.evaluate();
  engine.disable('health-cheer');
  expect(told()).toEqual([
    'All is well: was warming',
    'Degraded: the breaker of kafka is open; none may be; was green',
    'Recovered: green again after 30 s; was yellow',
    'Switched off: flag health-cheer is off; was green',
  ]);
  expect(ring.since(0)[1]).toMatchObject({ kind: 'state', state: 'yellow' });
});

test('of one reason only the first miss in ten seconds, with the number of the silent ones', async () => {
  const { clock, engine, ring, leave, told } = await setUp();
  const miss = (reason: 'timeout' | 'error', traffic: 'real' | 'synthetic' = 'real') =>
    engine.batchMissed({ reason, traffic, detail: 'lane 3' });
  for (let i = 0; i < 500; i++) miss('timeout');
  miss('error', 'synthetic');
  clock.advance(9.9);
  miss('timeout');
  clock.advance(0.1);
  miss('timeout');
  leave();
  miss('timeout');
  expect(told()).toEqual([
    'Flagged: not settled in time: lane 3',
    'Flagged: a fault of ours: lane 3 (heartbeat)',
    'Flagged: not settled in time: lane 3 (500 more before)',
  ]);
  expect(ring.since(0)[0]).toMatchObject({ kind: 'miss', reason: 'timeout', phase: 'flagged' });
});

test('what goes to quarantine, by reason and step, and what comes through after all', async () => {
  const { clock, engine, ring, told } = await setUp();
  const quarantined = (step: string, count: number) =>
    engine.eventsQuarantined({ count, reason: 'too_large', step, detail: 'event a, 2 MiB' });
  quarantined('publish', 1);
  quarantined('publish', 4);
  quarantined('size', 2);
  clock.advance(10);
  quarantined('publish', 3);
  engine.eventsRecovered({ count: 2, detail: 'event a, set aside 9 s ago' });
  engine.eventsRecovered({ count: 1, detail: 'event b' });
  expect(told()).toEqual([
    'Quarantined: too large at step publish: 1 event: event a, 2 MiB',
    'Quarantined: too large at step size: 2 events: event a, 2 MiB',
    'Quarantined: too large at step publish: 3 events: event a, 2 MiB (4 more before)',
    'Recovered from quarantine: 2 replayed events are through: event a, set aside 9 s ago',
  ]);
  expect(ring.since(0).map(({ kind, phase }) => `${kind} ${phase}`)).toEqual([
    ...Array<string>(3).fill('quarantine quarantined'),
    'quarantine recovered',
  ]);
});
