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
    'All is well: back after 30 s; was yellow',
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
    'Missed: timeout: lane 3',
    'Missed: error: lane 3 (heartbeat)',
    'Missed: timeout: lane 3 (500 more before)',
  ]);
  expect(ring.since(0)[0]).toMatchObject({ kind: 'miss', reason: 'timeout' });
});
