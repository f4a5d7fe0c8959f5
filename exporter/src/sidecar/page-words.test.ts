import { CheerEngine, cheerJson } from '@selfcheer/cheer-kit';
import { pageModule } from '../../test/helpers/page-module';

type Cheer = ReturnType<typeof cheerJson>;

const { eventDetail, headline, isDraining, modeWord } = pageModule<{
  eventDetail(event: { kind: string; detail: string }, onThisMachine: boolean): string;
  headline(cheer: Cheer): string;
  isDraining(cheer: Cheer): boolean;
  modeWord(summary: { mode: string }): string;
}>('words.js');
const { budget } = pageModule<{ budget(ratio: number): string }>('format.js');

const full = (depth: number) => ({ depth, capacity: 100, oldestAgeSeconds: 0 });

/** A service that is green, and its clock. */
function service() {
  let seconds = 0;
  const engine = new CheerEngine({
    slos: [{ name: 'delivery', description: '', objective: 0.99, minBadEvents: 1 }],
    queues: ['outbox'],
    downstreams: ['kafka'],
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    clock: { now: () => seconds * 1000, monotonic: () => seconds * 1000 },
  });
  const after = (passed: number): Cheer => {
    seconds += passed;
    return cheerJson(engine.evaluate());
  };
  const starting = cheerJson(engine.verdict());
  engine.recordSlo('delivery', 1000, 0);
  engine.recordLatency(0.001, 1000);
  after(3);
  return { engine, after, starting };
}

describe('the headline says what is true now', () => {
  test.each<[string, (engine: CheerEngine) => void, string]>([
    ['nothing', () => {}, 'All conditions hold.'],
    ['refusing', (engine) => engine.setRefusing('the outbox is full'), 'Events are refused.'],
    ['fenced', (engine) => engine.setFenced('write failed'), 'Events are refused.'],
    [
      'a spent budget',
      (engine) => engine.recordSlo('delivery', 0, 900),
      'The error budget is spent; events are still accepted.',
    ],
    [
      'a nearly full queue',
      (engine) => engine.setQueue('outbox', full(95)),
      'A queue is nearly full; events are accepted until it is.',
    ],
    [
      'a queue over its ceiling',
      (engine) => engine.setQueue('outbox', full(75)),
      'Degraded. Events are still accepted safely.',
    ],
    [
      'draining',
      (engine) => engine.setDraining('draining: SIGTERM'),
      'Shutting down. Accepted events are being finished; new ones belong elsewhere.',
    ],
    [
      'shedding',
      (engine) => engine.setDegraded('shedding requests of low priority: 5 in the last 10 s'),
      'Degraded. Some events are turned away so that the others are stored safely.',
    ],
    [
      'disabled',
      (engine) => engine.disable('health-cheer'),
      'Switched off by its feature flag. No verdict is given.',
    ],
  ])('%s', (_name, break_, expected) => {
    const { engine, after } = service();
    break_(engine);
    expect(headline(after(1))).toBe(expected);
  });

  test('what is over and only held is told as over', () => {
    const { engine, after } = service();
    engine.setRefusing('the outbox is full');
    engine.setBreaker('kafka', 'open');
    engine.setRefusing(undefined);
    expect(after(1)).toMatchObject({ state: 'red' });
    expect(headline(after(1))).toBe('Well again. The state follows when it has stayed so.');
    engine.setBreaker('kafka', 'closed');
    const held = after(1);
    expect(held.reasons.map(({ detail }) => detail)).toEqual([
      'was: the outbox is full; well again, held for 27 s more',
      'the breaker of kafka was open; well again, held for 29 s more',
    ]);
    expect(headline(held)).toBe('Well again. The state follows when it has stayed so.');
  });

  test('a service that drains is known as such whatever else is wrong', () => {
    const { engine, after } = service();
    expect(isDraining(after(1))).toBe(false);
    engine.setDraining('draining: SIGTERM');
    engine.setFenced('write failed');
    expect(isDraining(after(1))).toBe(true);
  });

  test('warming waits for the first evidence; the API says so too, without a reason', () => {
    const { after, starting } = service();
    expect(starting).toMatchObject({ reasons: [], note: 'waiting for the first evidence' });
    expect(headline(starting)).toMatch('waiting for the first evidence');
    expect(after(1)).toMatchObject({ state: 'green', note: null });
  });
});

test.each([
  [0.94, '94 %'],
  [0, '0 %'],
  [-0.001, 'overspent 1.01×'],
  [-0.62, 'overspent 1.62×'],
  [-999, 'overspent 1000×'],
])('a budget of which %d is left reads %s, and in the service’s words alike', (ratio, text) => {
  expect(budget(ratio)).toBe(text);
  const { engine, after } = service();
  // 1000 events were good: so many more bad ones leave the ratio at an objective of 0.99.
  const wrong = (1 - ratio) * 0.01;
  const bad = Math.min(Math.round((1000 * wrong) / (1 - wrong)), 1e9);
  engine.recordSlo('delivery', 0, Math.max(bad, 0));
  const { conditions, error_budget_remaining_ratio } = after(1);
  expect(conditions[0]?.detail).toContain(budget(error_budget_remaining_ratio).replace(/ %$/, ''));
});

test.each([
  ['normal', ''],
  ['degraded', 'shedding now'],
  ['refusing', 'refusing now'],
  ['draining', 'draining now'],
])('the mode %s is told as %j', (mode, text) => {
  expect(modeWord({ mode })).toBe(text);
});

test('an actor without a name is a caller on this machine', () => {
  const quarantine = { kind: 'quarantine', detail: 'event x (number 3), by anonymous' };
  expect(eventDetail(quarantine, true)).toBe('event x (number 3), by a caller on this machine');
  expect(eventDetail(quarantine, false)).toBe('event x (number 3), by a caller without a key');
  const others = [
    { kind: 'quarantine', detail: 'event x (number 3), by ann' },
    { kind: 'miss', detail: 'sent, by anonymous' },
  ];
  for (const event of others) expect(eventDetail(event, true)).toBe(event.detail);
});
