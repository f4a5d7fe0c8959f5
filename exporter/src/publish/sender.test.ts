import { ManualClock } from '@selfcheer/cheer-kit';
import type { OutgoingMessage, PublishOutcome } from './publisher';
import type { RelayReport } from './relay-protocol';
import { Sender } from './sender';

const away = { kind: 'waiting', reason: 'unavailable', error: new Error('down') } satisfies PublishOutcome;
const late = { kind: 'ambiguous', error: new Error('no answer') } satisfies PublishOutcome;
const published = { kind: 'published' } satisfies PublishOutcome;
const forever = new AbortController().signal;

const of = (lane: number): OutgoingMessage[] => [
  { lane, seq: 1, key: 'k', value: Buffer.alloc(0), headers: {} },
];

/** Sixteen real lanes and the synthetic one. */
function setUp() {
  const clock = new ManualClock();
  const reports: RelayReport[] = [];
  let running = 0;
  const bench = {
    clock,
    most: 0,
    tried: 0,
    answer: (_lane: number): PublishOutcome | Promise<PublishOutcome> => published,
    states: () => reports.flatMap((report) => (report.kind === 'breaker' ? [report.state] : [])),
    sends: () => reports.flatMap((report) => (report.kind === 'sent' ? [report] : [])),
    send: (lane: number, retry = false, deadline = forever) =>
      sender.send('events', of(lane), retry, deadline),
  };
  const sender = new Sender({
    publisher: {
      downstream: 'kafka',
      connect: () => Promise.resolve(),
      close: () => Promise.resolve(),
      publish: async (_, batch) => {
        bench.tried += 1;
        running += 1;
        bench.most = Math.max(bench.most, running);
        const outcome = await bench.answer(batch[0]!.lane);
        running -= 1;
        return outcome;
      },
    },
    report: (report) => reports.push(report),
    lanes: 17,
    clock,
  });
  return bench;
}

const synthetic = 16;
const realLanes = Array.from({ length: 16 }, (_, lane) => lane);

describe('the breaker', () => {
  test('stays closed for one stuck lane that tries over and over, though hardly anything else is sent', async () => {
    const bench = setUp();
    bench.answer = (lane) => (lane === 3 ? late : published);
    for (let i = 0; i < 100; i++) {
      if (i % 10 === 0) await bench.send(synthetic);
      await bench.send(3);
      bench.clock.advance(0.2);
    }
    expect(bench.states()).toEqual([]);
  });

  test('opens at once when the sink goes away, whatever went well before', async () => {
    const bench = setUp();
    for (let i = 0; i < 100; i++) await Promise.all(realLanes.map((lane) => bench.send(lane)));
    bench.answer = () => away;
    await Promise.all(realLanes.map((lane) => bench.send(lane)));
    expect(bench.states()).toEqual(['open']);
    await expect(bench.send(0)).resolves.toBe('held');
  });

  test('opens at idle, too: four failed heartbeats are enough', async () => {
    const bench = setUp();
    for (let i = 0; i < 100; i++) await bench.send(synthetic);
    bench.answer = () => away;
    for (let i = 0; i < 4; i++) {
      expect(bench.states()).toEqual([]);
      await bench.send(synthetic, i > 0);
    }
    expect(bench.states()).toEqual(['open']);
  });

  test('a missing topic does not open it', async () => {
    const bench = setUp();
    bench.answer = () => ({ kind: 'waiting', reason: 'topic_missing', error: new Error('no topic') });
    for (let i = 0; i < 50; i++) await bench.send(0);
    expect(bench.states()).toEqual([]);
  });

  test('lets a single probe through though the budget is spent, and holds the others', async () => {
    const bench = setUp();
    while ((await bench.send(0, true)) !== 'held');
    bench.answer = () => away;
    for (const lane of realLanes) await bench.send(lane);
    bench.clock.advance(0.5);
    const before = bench.tried;
    let answer!: (outcome: PublishOutcome) => void;
    bench.answer = () => new Promise((resolve) => (answer = resolve));
    const probe = bench.send(5, true);
    await expect(Promise.all(realLanes.map((lane) => bench.send(lane, true)))).resolves.toEqual(
      realLanes.map(() => 'held'),
    );
    expect(bench.tried - before).toBe(1);
    answer(published);
    await expect(probe).resolves.toBe(published);
    expect(bench.states()).toEqual(['open', 'half_open', 'closed']);
  });
});

describe('the retry budget', () => {
  test('holds retries beyond a tenth of the sends and the reserve', async () => {
    const bench = setUp();
    bench.answer = (lane) => (lane === 3 ? late : published);
    for (let i = 0; i < 1000; i++) {
      await bench.send(0);
      await bench.send(3, true);
    }
    const retries = bench.sends().filter(({ retry }) => retry).length;
    expect(retries).toBeGreaterThanOrEqual(105);
    expect(retries).toBeLessThanOrEqual(110);
  });

  test('a first send that was held earns nothing and is still a first send afterwards', async () => {
    const bench = setUp();
    bench.answer = () => away;
    for (let i = 0; i < 4; i++) await bench.send(synthetic);
    for (let i = 0; i < 1000; i++) await expect(bench.send(0)).resolves.toBe('held');
    bench.answer = () => published;
    bench.clock.advance(0.5);
    for (let i = 0; i < 10; i++) await bench.send(0);
    expect(bench.sends().every(({ retry }) => !retry)).toBe(true);
  });
});

describe('lanes in doubt', () => {
  const stuck = (lane: number): boolean => lane < 8;

  test('keep nobody else from sending, however often they hang', async () => {
    const bench = setUp();
    const hanging: (() => void)[] = [];
    const hang = () => new Promise<PublishOutcome>((resolve) => hanging.push(() => resolve(late)));
    bench.answer = (lane) => (stuck(lane) ? hang() : published);
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    for (let round = 0; round < 30; round++) {
      const stuckSends = realLanes.filter(stuck).map((lane) => bench.send(lane));
      await settle();
      let through = 0;
      for (const lane of realLanes) {
        if (!stuck(lane)) void bench.send(lane).then((outcome) => (through += outcome === published ? 1 : 0));
      }
      await settle();
      expect(through).toBe(8);
      bench.clock.advance(2);
      while (hanging.length > 0) {
        for (const end of hanging.splice(0)) end();
        await settle();
      }
      await Promise.all(stuckSends);
    }
    expect(bench.states()).toEqual([]);
  });

  test('leave it to others to probe', async () => {
    const bench = setUp();
    bench.answer = (lane) => (stuck(lane) ? late : published);
    // At hardly any traffic the stuck ones are most of those that send.
    for (const lane of [0, 1, 2, 3, 9]) await bench.send(lane);
    expect(bench.states()).toEqual(['open']);
    await expect(bench.send(9)).resolves.toBe('held');
    bench.clock.advance(0.4);
    await expect(bench.send(9)).resolves.toBe('held');
    bench.clock.advance(0.2);
    await expect(bench.send(0, true)).resolves.toBe('held');
    await expect(bench.send(9)).resolves.toBe(published);
    expect(bench.states()).toEqual(['open', 'half_open', 'closed']);
  });

  test('probe when nobody else wants to', async () => {
    const bench = setUp();
    bench.answer = () => away;
    for (const lane of [0, 1, 2, 3]) await bench.send(lane);
    bench.answer = () => published;
    bench.clock.advance(0.6);
    await expect(bench.send(0, true)).resolves.toBe(published);
  });
});

describe('the limit of concurrency', () => {
  /** Every lane sends at once; the sends end when told. */
  async function together(
    bench: ReturnType<typeof setUp>,
    lanes: readonly number[],
    outcome: PublishOutcome,
  ) {
    bench.most = 0;
    let end!: () => void;
    const ending = new Promise<void>((resolve) => (end = resolve));
    bench.answer = () => ending.then(() => outcome);
    const sends = lanes.map((lane) => bench.send(lane));
    await new Promise((resolve) => setImmediate(resolve));
    const begun = bench.most;
    end();
    await Promise.all(sends);
    return begun;
  }

  test('is all lanes as long as the sink does well, though one of them is stuck', async () => {
    const bench = setUp();
    for (let i = 0; i < 20; i++) {
      bench.answer = (lane) => (lane === 3 ? late : published);
      await Promise.all(realLanes.map((lane) => bench.send(lane)));
      bench.clock.advance(0.3);
    }
    expect(await together(bench, [...realLanes, synthetic], published)).toBe(17);
  });

  test('falls when most sends are not answered, and rises again; the heartbeat never waits', async () => {
    const bench = setUp();
    bench.answer = () => late;
    await Promise.all(realLanes.slice(0, 5).map((lane) => bench.send(lane)));
    // The breaker has opened, too; the heartbeat probes and closes it.
    bench.answer = () => published;
    bench.clock.advance(1);
    await bench.send(synthetic);
    for (const lane of realLanes) await bench.send(lane);
    expect(await together(bench, [...realLanes, synthetic], published)).toBe(8 + 1);
    for (let i = 0; i < 200; i++) await Promise.all(realLanes.map((lane) => bench.send(lane)));
    expect(await together(bench, realLanes, published)).toBe(16);
  });

  test('who waits for a slot ends with the deadline, and the heartbeat goes through meanwhile', async () => {
    const bench = setUp();
    bench.answer = (lane) => (lane === synthetic ? published : new Promise(() => undefined));
    for (const lane of realLanes) void bench.send(lane);
    await new Promise((resolve) => setImmediate(resolve));
    const deadline = new AbortController();
    const waiting = bench.send(0, false, deadline.signal);
    await expect(bench.send(synthetic)).resolves.toBe(published);
    deadline.abort();
    await expect(waiting).resolves.toBe('held');
    expect(bench.most).toBe(17);
  });
});
