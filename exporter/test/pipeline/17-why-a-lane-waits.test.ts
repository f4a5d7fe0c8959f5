import { checkStore } from '../../src/outbox/check';
import { HttpDownstream, json, status } from '../helpers/http-downstream';
import { eventually, Service, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';

interface Lane {
  readonly pending: number;
  readonly state: string;
  readonly detail: string | null;
}

/*
 * Chapter 17. A lane that can't go on says why, in `/api/v1/pipeline`: what the sink or a look-up last failed with, and
 * what to do. A look-up's service is a check of its own in `/health`.
 */
describe('17 why a lane waits', () => {
  afterEach(tidyUp);

  const quick = { publish: { backoffMinMs: 1, backoffMaxMs: 20 }, outbox: { lanes: 1 } };
  const event = { event_id: 'q1', payload: { station: 's1' } };

  async function lane(service: Service): Promise<Lane> {
    const { text } = await service.get('/api/v1/pipeline');
    return (JSON.parse(text) as { lanes: [Lane] }).lanes[0];
  }

  async function check(service: Service, name: string): Promise<{ status: string; detail: string }> {
    const { text } = await service.get('/health');
    const { checks } = JSON.parse(text) as { checks: Record<string, { status: string; detail: string }> };
    return checks[name]!;
  }

  it('a topic that is missing', async () => {
    const sink = new SinkFault();
    const error = new Error('This server does not host this topic-partition');
    sink.set((topic) => (topic === 'events' ? { kind: 'waiting', reason: 'topic_missing', error } : 'pass'));
    const service = await Service.start(quick, { startRelay: sink.startRelay });
    await service.send([event]);
    await eventually(async () => (await lane(service)).state === 'waiting');
    expect(await lane(service)).toMatchObject({
      pending: 1,
      detail: expect.stringMatching(/^topic events is missing: create it, or allow/) as string,
    });
    sink.back();
    await service.untilPublished(1);
    await eventually(async () => (await lane(service)).state === 'idle');
    expect((await lane(service)).detail).toBeNull();
  });

  it('a look-up that gets no answer, which its check in /health says, too', async () => {
    const stations = await HttpDownstream.start();
    stations.answer = status(503);
    const service = await Service.start({
      ...quick,
      enrich: [
        { step: 'lookup', name: 'stations', url: `${stations.url}/v1/{station}`, field: 'at', attempts: 1 },
      ],
    });
    expect(await check(service, 'lookup:stations')).toEqual({ status: 'ok', detail: 'breaker closed' });
    await service.send([event]);
    await eventually(async () => (await check(service, 'lookup:stations')).detail.includes('503'));
    expect((await check(service, 'lookup:stations')).status).toBe('degraded');
    expect(await lane(service)).toMatchObject({
      state: 'waiting',
      detail: expect.stringMatching(/^step stations can't go on: /) as string,
    });
    stations.answer = json({});
    await service.untilPublished(1);
    await eventually(async () => (await check(service, 'lookup:stations')).status === 'ok');
    await stations.stop();
  });

  it('a look-up that was told to come back much later, for which no drain waits', async () => {
    const customers = await HttpDownstream.start();
    customers.answer = status(429, { 'retry-after': '100000' });
    const url = `${customers.url}/v1/{station}`;
    const service = await Service.start({
      ...quick,
      // Were it to wait for the look-up, this chapter would be over first.
      drainSeconds: 300,
      enrich: [{ step: 'lookup', name: 'customers', url, field: 'at', deadlineMs: 300_000 }],
    });
    await service.send([event]);
    await eventually(async () => (await lane(service)).state === 'waiting');
    expect((await lane(service)).detail).toMatch(
      /^look-up customers \(127.0.0.1:\d+\): the downstream answered 429; waits 30 s$/,
    );
    await service.stop();
    const { lanes } = await checkStore(service.dataDir);
    expect(lanes[0]).toMatchObject({ records: 1 });
    await customers.stop();
  });
});
