import type { Enricher, EnrichOutcome, StoredEvent } from '../event';
import type { OutgoingMessage, Publisher, PublishOutcome } from './publisher';
import { Relay } from './relay';
import type { RelayReport } from './relay-protocol';
import { Sender } from './sender';

function stored(lane: number, seq: number, id = `e${seq}`): StoredEvent {
  return {
    ...{ lane, seq, id, source: '/s', type: 't', key: 'k', timestamp: 1, acceptedAt: 2, tenant: 'd' },
    ...{ traffic: lane === 2 ? 'synthetic' : 'real', base64: false, revision: 1, payload: Buffer.from(id) },
  } as const;
}

/** Two real lanes and the synthetic one, over an in-memory store and a sink that answers as told. */
class Bench {
  readonly lanes: StoredEvent[][] = [[], [], []];
  readonly sent: { topic: string; ids: string[] }[] = [];
  readonly reports: RelayReport[] = [];
  answer: (batch: readonly OutgoingMessage[]) => PublishOutcome = () => ({ kind: 'published' });
  enrich: (event: StoredEvent) => EnrichOutcome = ({ payload }) => ({
    outcome: 'ok',
    payload,
    enriched: Buffer.from('{}'),
  });
  relay!: Relay;

  start(options: { batchEvents?: number; backoffMs?: number } = {}): void {
    const report = (one: RelayReport): void => void this.reports.push(one);
    const publisher: Publisher = {
      downstream: 'log',
      connect: () => Promise.resolve(),
      close: () => Promise.resolve(),
      publish: async (topic, batch) => {
        await new Promise((resolve) => setImmediate(resolve));
        const outcome = this.answer(batch);
        if (outcome.kind === 'published') this.sent.push({ topic, ids: batch.map(({ key }) => key) });
        return outcome;
      },
    };
    const enricher: Enricher = { enrich: (event) => this.enrich(event) };
    this.relay = new Relay({
      reader: {
        read: (lane, after, through, maxEvents) => {
          const events = this.lanes[lane]!.filter(({ seq }) => seq > after && seq <= through).slice(
            0,
            maxEvents,
          );
          return Promise.resolve({ events, bytes: events.length * 10 });
        },
      },
      enricher,
      sender: new Sender({ publisher, report, lanes: 3 }),
      message: ({ lane, seq, id }, { payload }) => ({ lane, seq, key: id, value: payload, headers: {} }),
      report,
      settled: [0, 0, 0],
      topic: 'events',
      batchEvents: options.batchEvents ?? 500,
      batchBytes: 1_000_000,
      backoffMinMs: options.backoffMs ?? 1,
      backoffMaxMs: options.backoffMs ?? 5,
    });
  }

  add(lane: number, count: number): void {
    const from = this.lanes[lane]!.length + 1;
    for (let seq = from; seq < from + count; seq++) this.lanes[lane]!.push(stored(lane, seq));
    this.relay.handle({ kind: 'advance', marks: [[lane, from + count - 1]] });
  }

  of<K extends RelayReport['kind']>(kind: K): Extract<RelayReport, { kind: K }>[] {
    return this.reports.filter((one): one is Extract<RelayReport, { kind: K }> => one.kind === kind);
  }

  async settledThrough(lane: number, through: number): Promise<void> {
    const giveUpAt = Date.now() + 10_000;
    while (!this.of('settled').some((one) => one.lane === lane && one.through >= through)) {
      if (Date.now() > giveUpAt) throw new Error(`lane ${lane} did not settle ${through}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async stop(withinMs = 1_000): Promise<void> {
    this.relay.handle({ kind: 'stop', withinMs });
    await this.relay.finished;
  }
}

describe('Relay', () => {
  let bench: Bench;
  beforeEach(() => void (bench = new Bench()));
  afterEach(() => bench.stop(50));

  const away = { kind: 'ambiguous' as const, error: new Error('no answer') } satisfies PublishOutcome;

  it('publishes a lane in order, in batches, and synthetic events to their own topic', async () => {
    bench.start({ batchEvents: 3 });
    bench.add(0, 7);
    bench.add(2, 1);
    await bench.settledThrough(0, 7);
    await bench.settledThrough(2, 1);
    const real = bench.sent.filter(({ topic }) => topic === 'events');
    expect(real.map(({ ids }) => ids)).toEqual([['e1', 'e2', 'e3'], ['e4', 'e5', 'e6'], ['e7']]);
    expect(bench.sent.filter(({ topic }) => topic === 'events.synthetic')).toHaveLength(1);
    expect(bench.of('settled').filter(({ lane }) => lane === 0)).toMatchObject([
      { through: 3, published: 3, bytes: 30 },
      { through: 6 },
      { through: 7 },
    ]);
  });

  it('sends the same batch again after an ambiguous failure, though the lane has grown', async () => {
    const tried: string[][] = [];
    bench.answer = (batch) => {
      tried.push(batch.map(({ key }) => key));
      return tried.length < 3 ? away : { kind: 'published' };
    };
    bench.start();
    bench.add(0, 2);
    await new Promise((resolve) => setImmediate(resolve));
    bench.add(0, 2);
    await bench.settledThrough(0, 4);
    expect(tried).toEqual([
      ['e1', 'e2'],
      ['e1', 'e2'],
      ['e1', 'e2'],
      ['e3', 'e4'],
    ]);
    expect(bench.of('settled')[0]).toMatchObject({ failedSends: 2, published: 2 });
    expect(bench.of('sent').map(({ result, retry }) => [result, retry])).toEqual([
      ['ambiguous', false],
      ['ambiguous', true],
      ['published', true],
      ['published', false],
    ]);
  });

  it('bisects a refused batch and condemns that one event only', async () => {
    bench.answer = (batch) =>
      batch.some(({ key }) => key === 'e6')
        ? { kind: 'refused', reason: 'too_large', error: new Error('message too large') }
        : { kind: 'published' };
    bench.start();
    bench.add(0, 8);
    await bench.settledThrough(0, 8);
    expect(bench.sent.flatMap(({ ids }) => ids)).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e7', 'e8']);
    expect(bench.of('settled')[0]).toMatchObject({
      published: 7,
      refused: [{ seq: 6, verdict: { reason: 'too_large', step: 'publish', detail: 'message too large' } }],
    });
  });

  it('goes on with the rest when the sink took a part of the batch', async () => {
    const tried: string[][] = [];
    bench.answer = (batch) => {
      tried.push(batch.map(({ key }) => key));
      return tried.length === 1 ? { ...away, publishedIndexes: [0, 2] } : { kind: 'published' };
    };
    bench.start();
    bench.add(0, 4);
    await bench.settledThrough(0, 4);
    expect(tried).toEqual([
      ['e1', 'e2', 'e3', 'e4'],
      ['e2', 'e4'],
    ]);
    expect(bench.of('settled')[0]).toMatchObject({ published: 4 });
  });

  it('opens the breaker when the sink is away, and drains by itself once it is back', async () => {
    let up = false;
    bench.answer = () =>
      up ? { kind: 'published' } : { kind: 'waiting', reason: 'unavailable', error: new Error('down') };
    bench.start();
    bench.add(0, 1);
    bench.add(1, 1);
    const giveUpAt = Date.now() + 10_000;
    while (!bench.of('breaker').some(({ state }) => state === 'open')) {
      if (Date.now() > giveUpAt) throw new Error('the breaker did not open');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    up = true;
    await bench.settledThrough(0, 1);
    await bench.settledThrough(1, 1);
    expect(bench.of('breaker').map(({ state }) => state)).toEqual(
      expect.arrayContaining(['open', 'half_open', 'closed']),
    );
    expect(bench.of('settled').every(({ refused }) => refused.length === 0)).toBe(true);
  });

  it('paces a lane by the breaker while it is open, and not by its own backoff on top of it', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0);
    let tries = 0;
    bench.answer = () => {
      if (++tries > 4) return { kind: 'published' };
      // The fourth failure opens the breaker: from now on the lane's own backoff would be minutes.
      if (tries === 4) random.mockReturnValue(0.99);
      return { kind: 'waiting', reason: 'unavailable', error: new Error('down') };
    };
    bench.start({ backoffMs: 300_000 });
    bench.add(0, 1);
    await bench.settledThrough(0, 1).finally(() => random.mockRestore());
    expect(bench.of('breaker').map(({ state }) => state)).toEqual(['open', 'half_open', 'closed']);
  });

  it('does not open the breaker for a missing topic: others may do well', async () => {
    bench.answer = (batch) =>
      batch[0]!.lane === 0
        ? { kind: 'waiting', reason: 'topic_missing', error: new Error('no topic') }
        : { kind: 'published' };
    bench.start();
    bench.add(0, 1);
    for (let i = 0; i < 10; i++) {
      bench.add(1, 1);
      await bench.settledThrough(1, i + 1);
    }
    expect(bench.of('breaker')).toEqual([]);
    expect(bench.of('settled').some(({ lane }) => lane === 0)).toBe(false);
  });

  it('says why a lane waits: once for each reason, and anew for the next batch', async () => {
    const reasons = ['topic_missing', 'topic_missing', 'unavailable'] as const;
    let tries = 0;
    bench.answer = () => {
      const reason = reasons[tries++ % 4];
      return reason ? { kind: 'waiting', reason, error: new Error('no') } : { kind: 'published' };
    };
    bench.start();
    bench.add(1, 1);
    await bench.settledThrough(1, 1);
    bench.add(1, 1);
    await bench.settledThrough(1, 2);
    const once = [
      { kind: 'waiting', lane: 1, detail: expect.stringContaining('topic events is missing') as string },
      { kind: 'waiting', lane: 1, detail: 'the sink is away: no' },
    ];
    expect(bench.of('waiting')).toEqual([...once, ...once]);
  });

  it('says that the breaker is open to a lane that has not tried itself', async () => {
    bench.answer = () => ({ kind: 'waiting', reason: 'unavailable', error: new Error('down') });
    bench.start();
    bench.add(0, 1);
    while (bench.of('breaker').length === 0) await new Promise((resolve) => setImmediate(resolve));
    bench.add(1, 1);
    const told = () => bench.of('waiting').filter(({ lane }) => lane === 1);
    while (told().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(told()[0]?.detail).toMatch(/breaker is open/);
    bench.relay.handle({ kind: 'stop', withinMs: 0 });
    await bench.relay.finished;
  });

  it('lets one lane wait without holding up another', async () => {
    bench.answer = (batch) => (batch[0]!.lane === 0 ? away : { kind: 'published' });
    bench.start();
    bench.add(0, 1);
    bench.add(1, 20);
    await bench.settledThrough(1, 20);
    expect(bench.of('settled').some(({ lane }) => lane === 0)).toBe(false);
  });

  it('quarantines what enrichment refuses or trips over, and counts what it drops', async () => {
    bench.enrich = ({ seq, payload }) => {
      if (seq === 1) throw new Error('bug in a step');
      if (seq === 2) return { outcome: 'quarantine', verdict: { reason: 'schema', step: 's', detail: '/a' } };
      if (seq === 3) return { outcome: 'drop', step: 'd' };
      return { outcome: 'ok', payload, enriched: Buffer.from('{}') };
    };
    bench.start();
    bench.add(0, 4);
    await bench.settledThrough(0, 4);
    expect(bench.of('settled')[0]).toMatchObject({
      published: 1,
      dropped: 1,
      droppedSeqs: [],
      refused: [
        { seq: 1, verdict: { reason: 'bug', detail: 'bug in a step' } },
        { seq: 2, verdict: { reason: 'schema' } },
      ],
    });
  });

  it('tells of the synthetic lane which ones were dropped', async () => {
    bench.enrich = ({ seq, payload }) =>
      seq === 2 ? { outcome: 'drop', step: 'd' } : { outcome: 'ok', payload, enriched: Buffer.from('{}') };
    bench.start();
    bench.add(2, 3);
    await bench.settledThrough(2, 3);
    expect(bench.of('settled').map(({ droppedSeqs }) => droppedSeqs)).toContainEqual([2]);
  });

  it('enriches again when a step asks for it', async () => {
    let calls = 0;
    bench.enrich = ({ payload }) =>
      ++calls < 3
        ? { outcome: 'retry', step: 'l', detail: 'away' }
        : { outcome: 'ok', payload, enriched: Buffer.from('{}') };
    bench.start();
    bench.add(0, 1);
    await bench.settledThrough(0, 1);
    expect(calls).toBe(3);
  });

  it('stops at the deadline with an unsettled batch left in the outbox', async () => {
    const asked = new Promise<void>((resolve) => {
      bench.answer = () => {
        resolve();
        return away;
      };
    });
    bench.start();
    bench.add(0, 1);
    await asked;
    await bench.stop(30);
    expect(bench.of('settled')).toEqual([]);
    expect(bench.of('stopped')).toHaveLength(1);
  });

  it('fails when a record is missing, rather than going on without it', async () => {
    bench.start();
    bench.relay.handle({ kind: 'advance', marks: [[1, 5]] });
    await expect(bench.relay.finished).rejects.toThrow(/holds no record/);
    bench = new Bench();
    bench.start();
  });
});
