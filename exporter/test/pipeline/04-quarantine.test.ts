import { writeFileSync } from 'node:fs';
import { checkStore } from '../../src/outbox/check';
import { eventually, Service, temporaryFile, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';

/*
 * Chapter 4. An event that can't go on waits in quarantine with its reason, until a person replays or discards it.
 * Its neighbours go on; nothing of it is lost; what was done with it is audited.
 */
describe('04 quarantine', () => {
  afterEach(tidyUp);

  const strict = JSON.stringify({
    type: 'object',
    properties: { mag: { type: 'number' } },
    required: ['mag'],
  });
  const list = async (service: Service): Promise<Listed[]> =>
    ((await service.get('/api/v1/quarantine')).json as unknown as { items: Listed[] }).items;
  interface Listed {
    readonly number: number;
    readonly event_id: string;
    readonly payload?: string;
  }

  it('sets aside what misses the schema, with the path that failed; the neighbours arrive', async () => {
    const schema = temporaryFile('schema.json', strict);
    const service = await Service.start({ enrich: [{ step: 'schema', name: 'quake', file: schema }] });
    const reply = await service.send([
      { event_id: 'good-1', payload: { mag: 1 } },
      { event_id: 'bad', payload: { mag: 'strong' }, key: 'k' },
      { event_id: 'good-2', payload: { mag: 2 } },
    ]);
    // It was acknowledged: it is durable and somebody's to look after.
    expect(reply.json.results.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
    const published = await service.untilPublished(2);
    await eventually(async () => (await list(service)).length === 1);
    expect(published.map(({ id }) => id).sort()).toEqual(['good-1', 'good-2']);
    expect(await list(service)).toMatchObject([
      {
        number: 1,
        event_id: 'bad',
        key: 'k',
        reason: 'schema',
        step: 'quake',
        detail: '/mag must be number',
      },
    ]);
    expect((await service.get('/api/v1/quarantine/1')).json).toMatchObject({ payload: '{"mag":"strong"}' });
    expect((await service.get('/api/v1/quarantine/2')).status).toBe(404);
    await service.stop();
    expect(await checkStore(service.dataDir)).toMatchObject({ ok: true, records: 0, quarantined: 1 });
  });

  it('replays under the same id after the schema was mended, and discards for good', async () => {
    const schema = temporaryFile('schema.json', strict);
    const enrich = [{ step: 'schema', file: schema }];
    const first = await Service.start({ enrich });
    await first.send([
      { event_id: 'mended', payload: { mag: 'strong' }, key: 'k' },
      { event_id: 'junk', payload: {}, key: 'k' },
    ]);
    await eventually(async () => (await list(first)).length === 2);

    // Nothing has changed yet: replayed, it comes straight back, under a new number.
    expect((await first.act(1, 'replay')).json).toEqual({ number: 1, result: 'replayed' });
    await eventually(async () => (await list(first)).some(({ number }) => number === 3));
    expect(first.published()).toEqual([]);
    expect((await first.act(1, 'replay')).status).toBe(404);
    await first.stop();

    writeFileSync(schema, strict.replace('"number"', '["number","string"]'));
    const second = await Service.start({ enrich }, { dataDir: first.dataDir });
    expect((await list(second)).map(({ number, event_id: id }) => `${number} ${id}`)).toEqual([
      '3 mended',
      '2 junk',
    ]);
    expect((await second.act(3, 'replay')).status).toBe(200);
    const [event] = await second.untilPublished(1);
    expect(event).toMatchObject({ id: 'mended', key: 'k', revision: 1, payload: '{"mag":"strong"}' });
    expect((await second.act(2, 'discard')).json).toEqual({ number: 2, result: 'discarded' });
    expect(await list(second)).toEqual([]);

    // Who did what is in the log and among the recent events.
    const audits = second.log.filter(({ audit }) => audit !== undefined);
    expect(audits).toMatchObject([
      { audit: 'replay', actor: 'anonymous', number: 3, event_id: 'mended' },
      { audit: 'discard', actor: 'anonymous', number: 2, event_id: 'junk' },
    ]);
    const history = (await second.get('/api/v1/events')).json as unknown as {
      events: { kind: string; title: string; detail: string }[];
    };
    expect(history.events.filter(({ kind }) => kind === 'quarantine')).toMatchObject([
      { title: 'Replayed from quarantine', detail: expect.stringContaining('mended') as string },
      { title: 'Replayed from quarantine', detail: expect.stringContaining('mended') as string },
      { title: 'Discarded from quarantine', detail: expect.stringContaining('junk') as string },
    ]);
    await second.stop();
    expect(await checkStore(second.dataDir)).toMatchObject({ ok: true, records: 0, quarantined: 0 });
  });

  it('takes the one record that the sink refuses out of its batch', async () => {
    const sink = new SinkFault();
    sink.set((_topic, batch) =>
      batch.some(({ value }) => value.includes('poison'))
        ? { kind: 'refused', reason: 'too_large', error: new Error('record too large') }
        : 'pass',
    );
    const service = await Service.start({ outbox: { lanes: 1 } }, { startRelay: sink.startRelay });
    const events = Array.from({ length: 20 }, (_, i) => ({
      event_id: `e${i}`,
      payload: i === 13 ? 'poison' : i,
    }));
    await service.send(events);
    const published = await service.untilPublished(19);
    expect(published.map(({ id }) => id)).toEqual(
      events.map(({ event_id: id }) => id).filter((id) => id !== 'e13'),
    );
    await eventually(async () => (await list(service)).length === 1);
    expect(await list(service)).toMatchObject([{ event_id: 'e13', reason: 'too_large', step: 'publish' }]);
  });

  it('never takes in our own heartbeat, which no schema of a producer knows', async () => {
    const schema = temporaryFile('schema.json', strict);
    const service = await Service.start({
      enrich: [{ step: 'schema', file: schema }],
      cheer: { heartbeatSeconds: 0.05 },
    });
    await eventually(() => service.published('events.synthetic').length >= 3);
    expect(await list(service)).toEqual([]);
  });
});
