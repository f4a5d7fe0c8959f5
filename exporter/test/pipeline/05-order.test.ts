import { checkStore } from '../../src/outbox/check';
import { readPublished, Service, eventually, tidyUp, type Published } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';
import { StoreFault } from '../helpers/store-fault';

/*
 * Chapter 5. Events of one key reach the sink in the order in which they were acknowledged: while sends fail, while a
 * send's outcome is unknown, and over a crash and a restart. What is refused in the middle of a request takes with it all
 * that follows, so that it can be sent again.
 */
describe('05 order per key', () => {
  afterEach(async () => {
    jest.restoreAllMocks();
    await tidyUp();
  });

  const keys = ['a', 'b', 'c', 'd', 'e'];
  const round = (from: number, to: number): object[] =>
    Array.from({ length: to - from }, (_, i) => from + i).flatMap((n) =>
      keys.map((key) => ({ event_id: `${key}-${n}`, payload: n, key })),
    );
  const numbers = (published: readonly Published[], key: string): number[] =>
    published.filter((event) => event.key === key).map(({ payload }) => Number(payload));
  const ascending = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
  const quick = { backoffMinMs: 1, backoffMaxMs: 5 };

  it('holds while sends fail now and then', async () => {
    const sink = new SinkFault();
    let sends = 0;
    sink.set(() =>
      ++sends % 3 === 0 ? { kind: 'ambiguous', error: new Error('no answer in time') } : 'pass',
    );
    const service = await Service.start(
      { outbox: { lanes: 3 }, publish: { batchEvents: 7, ...quick } },
      { startRelay: sink.startRelay },
    );
    // One request after the other: the order of acknowledgement is the order of sending.
    for (let n = 0; n < 40; n += 10) expect((await service.send(round(n, n + 10))).status).toBe(202);
    const published = await service.untilPublished(40 * keys.length);
    for (const key of keys) expect(numbers(published, key)).toEqual(ascending(40));
  });

  it('holds when the sink had taken what it seemed to lose', async () => {
    const sink = new SinkFault();
    const taken: string[] = [];
    let sends = 0;
    // A sink that does not recognise what it has: it shows what goes over the wire.
    sink.set((topic, batch) => {
      if (topic.endsWith('.synthetic')) return 'pass';
      taken.push(...batch.map(({ headers }) => headers['ce_id'] ?? ''));
      return ++sends % 4 === 1 ? { kind: 'ambiguous', error: new Error('cut off') } : { kind: 'published' };
    });
    const service = await Service.start(
      { outbox: { lanes: 2 }, publish: { batchEvents: 5, ...quick } },
      { startRelay: sink.startRelay },
    );
    await service.send(round(0, 12));
    const last = keys.map((key) => `${key}-11`);
    await eventually(() => last.every((id) => taken.includes(id)));
    for (const key of keys) {
      const seen = taken.filter((id) => id.startsWith(key));
      // At least once, and never an older one after a newer one that was settled: repeats come in whole batches.
      const firsts = seen.filter((id, i) => seen.indexOf(id) === i);
      expect(firsts).toEqual(ascending(12).map((n) => `${key}-${n}`));
    }
  });

  it('holds over kill -9 with a backlog, and nothing is there twice', async () => {
    const sink = new SinkFault();
    const settings = { outbox: { lanes: 3 }, publish: { batchEvents: 10, ...quick } };
    const first = await Service.start(settings, { startRelay: sink.startRelay });
    await first.send(round(0, 20));
    await first.untilPublished(20 * keys.length);
    sink.away();
    await first.send(round(20, 40));
    const disk = first.crashCopy();
    expect(readPublished(disk)).toHaveLength(20 * keys.length);

    const second = await Service.start(settings, { dataDir: disk });
    await second.send(round(40, 50));
    const published = await second.untilPublished(50 * keys.length);
    expect(published).toHaveLength(50 * keys.length);
    for (const key of keys) expect(numbers(published, key)).toEqual(ascending(50));
  });

  it('holds when the relay dies in the middle and is started again', async () => {
    const sink = new SinkFault();
    const service = await Service.start(
      { outbox: { lanes: 3 }, publish: { batchEvents: 10, ...quick } },
      { startRelay: sink.startRelay },
    );
    let died = false;
    sink.set((topic) => {
      if (died || topic.endsWith('.synthetic')) return 'pass';
      died = true;
      throw new Error('a bug in the sink');
    });
    await service.send(round(0, 20));
    await service.send(round(20, 30));
    const published = await service.untilPublished(30 * keys.length);
    expect(published).toHaveLength(30 * keys.length);
    for (const key of keys) expect(numbers(published, key)).toEqual(ascending(30));
    expect(service.log.filter(({ level }) => level === 'error').map(({ msg }) => msg)).toEqual([
      'the relay died; it is started again',
    ]);
    await service.stop();
    expect(await checkStore(service.dataDir)).toMatchObject({ ok: true, clean: true, records: 0, bytes: 0 });
  });

  it('holds when a part of a request is refused and the request is sent again', async () => {
    const disk = new StoreFault();
    const service = await Service.start({ outbox: { queueBytes: 1_000_000 } });
    // What waits for a disk that hangs leaves no room for the first 500 events, but would for the few behind them.
    disk.hang();
    const ahead = service.send({ event_id: 'ahead', payload: 'x'.repeat(600_000) });
    await eventually(async () => {
      const { queues } = (await service.get('/api/v1/pipeline')).json as unknown as {
        queues: { depth: number }[];
      };
      return queues.some(({ depth }) => depth > 600_000);
    });
    const array = Array.from({ length: 520 }, (_, n) => {
      const payload = `${n}.`.padEnd(n < 500 ? 1_000 : 6, '0');
      return `{"event_id":"a-${n}","key":"a","payload":${payload}}`;
    });
    const body = `[${array.join(',')}]`;
    const first = service.send(body);
    const shed = /cheer_shed_total\{reason="overload"\} [1-9]/;
    await eventually(async () => shed.test((await service.get('/metrics')).text));
    disk.heal();
    expect((await ahead).status).toBe(202);
    expect(await first).toMatchObject({ status: 503, json: { code: 'overloaded', accepted: 0 } });

    expect(await service.send(body)).toMatchObject({ status: 202, json: { accepted: 520, duplicates: 0 } });
    const published = await service.untilPublished(1 + 520);
    expect(numbers(published, 'a')).toEqual(ascending(520));
  });
});
