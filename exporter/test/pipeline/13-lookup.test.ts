import { checkStore } from '../../src/outbox/check';
import { HttpDownstream, json, status } from '../helpers/http-downstream';
import { eventually, Service, tidyUp, type Published } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';

/*
 * Chapter 13. The step `lookup` asks an HTTP service for facts. What it found is stored with the event before the first
 * send: whatever comes then, and whatever the service says by then, the event goes out with the same bytes.
 */
describe('13 look-ups', () => {
  let stations: HttpDownstream;
  beforeEach(async () => void (stations = await HttpDownstream.start()));
  afterEach(async () => {
    await tidyUp();
    await stations.stop();
  });

  const lookup = (settings: object = {}): object => ({
    ...{ step: 'lookup', name: 'stations', url: `${stations.url}/v1/{station}`, field: 'station' },
    ...settings,
  });
  const quick = { backoffMinMs: 1, backoffMaxMs: 20 };
  const quakes = (count: number, kinds: number): object[] =>
    Array.from({ length: count }, (_, n) => ({
      ...{ event_id: `q${n}`, key: `k${n % kinds}`, payload: { station: `s${n % kinds}`, n } },
    }));
  const factOf = ({ value }: Published): unknown =>
    (value['enriched'] as Record<string, unknown> | undefined)?.['station'];

  it('asks once for what many events need, and each gets its answer', async () => {
    stations.answer = (request, response) => response.end(JSON.stringify({ path: request.url }));
    const service = await Service.start({ enrich: [lookup()] });
    expect((await service.send(quakes(300, 5))).status).toBe(202);
    const published = await service.untilPublished(300);
    expect(published.every((event) => factOf(event) !== undefined)).toBe(true);
    for (const event of published) expect(factOf(event)).toEqual({ path: `/v1/s${event.key.slice(1)}` });
    expect([...stations.asked].sort()).toEqual(['/v1/s0', '/v1/s1', '/v1/s2', '/v1/s3', '/v1/s4']);
    await eventually(async () =>
      (await service.get('/metrics')).text.includes(
        'downstream_calls_total{downstream="stations",result="success"} 5',
      ),
    );
    // Settled: nothing of it is left in the store.
    await service.stop();
    expect(await checkStore(service.dataDir)).toMatchObject({ ok: true, records: 0 });
  });

  it('keeps the order of a key, whichever answer comes first', async () => {
    const held: (() => void)[] = [];
    stations.answer = (request, response) => {
      held.push(() => response.end(JSON.stringify(request.url)));
      // Eight are asked at a time, and the last of them is answered first.
      if (held.length === 8) for (const answer of held.splice(0).reverse()) answer();
    };
    const service = await Service.start({
      outbox: { lanes: 1 },
      enrich: [lookup({ concurrency: { slots: 8 }, timeoutMs: 20_000 })],
    });
    const events = Array.from({ length: 40 }, (_, n) => ({
      ...{ event_id: `q${n}`, key: 'one', payload: { station: n } },
    }));
    await service.send(events);
    const published = await service.untilPublished(40);
    expect(published.map(({ id }) => id)).toEqual(events.map(({ event_id: id }) => id));
    expect(published.map(factOf)).toEqual(events.map((_, n) => `/v1/${n}`));
  });

  it('waits for a service that is away, says which one, and goes on by itself', async () => {
    const { port } = stations;
    const breaker = { minimumCalls: 1, sleepSeconds: 0.05, maxSleepSeconds: 0.1 };
    const enrich = [lookup({ attempts: 1, breaker })];
    await stations.stop();
    const service = await Service.start({
      enrich,
      cheer: { holdSeconds: 0, budgetFloorRatio: 0 },
      // No budget is spent, however slow the machine: what is left is the breaker.
      slo: { deliveryTargetSeconds: 0.2, deliveryObjective: 0, latencyObjective: 0 },
      publish: quick,
    });
    expect((await service.send(quakes(20, 4))).status).toBe(202);
    await eventually(async () =>
      (await service.cheer()).reasons.some(
        ({ code, detail }) => code === 'breakers' && detail.includes('stations'),
      ),
    );
    expect((await service.cheer()).state).toBe('yellow');
    await eventually(async () =>
      /"kind":"miss"[^}]*"reason":"downstream"/.test((await service.get('/api/v1/events')).text),
    );
    expect(service.published()).toEqual([]);
    await eventually(() => service.log.some(({ msg }) => msg === 'calling stations failed'));

    stations = await HttpDownstream.start(port);
    expect(await service.untilPublished(20)).toHaveLength(20);
    await eventually(async () => (await service.cheer()).reasons.every(({ code }) => code !== 'breakers'));
  });

  it('lets an old answer stand in for one that is not to be had, if told so', async () => {
    stations.answer = json({ name: 'Ala Archa' });
    const cache = { ttlSeconds: 0, staleSeconds: 3_600 };
    const service = await Service.start({
      enrich: [lookup({ attempts: 1, onFailure: 'stale', cache })],
      publish: quick,
    });
    await service.send({ event_id: 'before', payload: { station: 'AAK' } });
    await service.untilPublished(1);
    stations.answer = status(503);
    await service.send([
      { event_id: 'known', payload: { station: 'AAK' }, key: 'a' },
      { event_id: 'unknown', payload: { station: 'CHM' }, key: 'b' },
    ]);
    const published = await service.untilPublished(2);
    expect(published.map(({ id }) => id)).toEqual(['before', 'known']);
    expect(published.map(factOf)).toEqual([{ name: 'Ala Archa' }, { name: 'Ala Archa' }]);
    stations.answer = json({ name: 'Chumysh' });
    expect((await service.untilPublished(3)).map(factOf)[2]).toEqual({ name: 'Chumysh' });
  });

  it('sets aside what the service does not know, and asks anew when it is replayed', async () => {
    stations.answer = (request, response) =>
      request.url?.endsWith('s1') ? status(404)(request, response) : json('known')(request, response);
    const service = await Service.start({ enrich: [lookup({ notFound: 'quarantine' })] });
    await service.send(quakes(3, 3));
    expect((await service.untilPublished(2)).map(({ id }) => id).sort()).toEqual(['q0', 'q2']);
    await eventually(async () => /"items":\[\{/.test((await service.get('/api/v1/quarantine')).text));
    const { text } = await service.get('/api/v1/quarantine');
    expect(text).toMatch(/"reason":"lookup"/);
    expect(text).toMatch(/"step":"stations"/);
    const number = Number(/"number":(\d+)/.exec(text)?.[1]);
    stations.answer = json('known by now');
    await service.act(number, 'replay');
    const published = await service.untilPublished(3);
    expect(published.map(({ id }) => id)[2]).toBe('q1');
    expect(published.map(factOf)).toEqual(['known', 'known', 'known by now']);
  });

  it('sends the same bytes after a crash, though the service says something else by now', async () => {
    stations.answer = json({ version: 1 });
    const sink = new SinkFault();
    const tried = new Map<string, Buffer>();
    let disk: string | undefined;
    // The moment of the first send: nobody knows whether it arrives.
    sink.set((topic, batch) => {
      if (topic.endsWith('.synthetic')) return 'pass';
      for (const { key, value } of batch) tried.set(key, value);
      disk ??= first.crashCopy();
      return { kind: 'ambiguous', error: new Error('cut off') };
    });
    const settings = { outbox: { lanes: 1 }, publish: { batchEvents: 10, ...quick }, enrich: [lookup()] };
    const first = await Service.start(settings, { startRelay: sink.startRelay });
    await first.send(quakes(10, 10));
    await eventually(() => disk !== undefined);
    expect(tried.size).toBe(10);
    expect(await checkStore(disk!)).toMatchObject({ ok: true, records: expect.any(Number) });

    stations.answer = json({ version: 2 });
    const sent = new Map<string, Buffer>();
    const laterSink = new SinkFault();
    laterSink.set((topic, batch) => {
      if (!topic.endsWith('.synthetic')) for (const { key, value } of batch) sent.set(key, value);
      return 'pass';
    });
    const asked = stations.asked.length;
    const second = await Service.start(settings, { dataDir: disk!, startRelay: laterSink.startRelay });
    expect((await second.untilPublished(10)).map(factOf)).toEqual(Array(10).fill({ version: 1 }));
    expect(stations.asked).toHaveLength(asked);
    expect(sent).toEqual(tried);

    // What comes from now on is asked for.
    await second.send({ event_id: 'new', payload: { station: 'new' } });
    expect((await second.untilPublished(11)).map(factOf)[10]).toEqual({ version: 2 });
  });

  it('does the same when the relay dies, and after a drain that came to its deadline', async () => {
    stations.answer = json(1);
    const sink = new SinkFault();
    const settings = { outbox: { lanes: 1 }, publish: quick, enrich: [lookup()], drainSeconds: 1 };
    const first = await Service.start(settings, { startRelay: sink.startRelay });
    sink.set((topic) => {
      if (topic.endsWith('.synthetic')) return 'pass';
      sink.away();
      throw new Error('a bug in the sink');
    });
    await first.send(quakes(3, 3));
    const sends = (): unknown[] => sink.sends.filter(({ topic }) => topic === 'events');
    await eventually(() => sends().length > 0);
    stations.answer = json(2);
    await eventually(() => sends().length > 1);
    await first.stop();
    expect(first.published()).toEqual([]);
    const second = await Service.start(settings, { dataDir: first.dataDir });
    expect((await second.untilPublished(3)).map(factOf)).toEqual([1, 1, 1]);
    expect(stations.asked).toHaveLength(3);
  });
});
