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
  const titles = async (service: Service): Promise<string[]> => {
    const { events } = (await service.get('/api/v1/events')).json as unknown as {
      events: { title: string }[];
    };
    return events.map(({ title }) => title);
  };
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
    // It was tried twice by now, and waits since the first time.
    expect((await second.get('/api/v1/quarantine/3')).json).toMatchObject({ attempts: 2 });
    expect((await second.act(3, 'replay')).status).toBe(200);
    const [event] = await second.untilPublished(1);
    await eventually(async () => (await titles(second)).includes('Recovered from quarantine'));
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
      events: { kind: string; phase: string | null; title: string; detail: string }[];
    };
    const about = history.events.filter(({ kind }) => kind === 'quarantine');
    expect(about.map(({ phase, title, detail }) => `${phase} - ${title}: ${detail}`)).toEqual([
      expect.stringMatching(
        /^quarantined - Quarantined: schema at step schema: \d events?: .*\(event (mended|junk)\)$/,
      ),
      'null - Replayed from quarantine: event mended (number 1), by anonymous',
      'null - Replayed from quarantine: event mended (number 3), by anonymous',
      expect.stringMatching(
        /^recovered - Recovered from quarantine: 1 replayed event is through: event mended, first set aside \d+ s ago, 2 attempts failed$/,
      ),
      'null - Discarded from quarantine: event junk (number 2), by anonymous',
    ]);
    // And on the disk, from the first process on, before it took effect.
    const { entries } = (await second.get('/api/v1/quarantine/audit')).json as unknown as {
      entries: object[];
    };
    expect(entries).toMatchObject([
      { id: 3, action: 'discard', event_id: 'junk', actor: 'anonymous', via: 'api', outcome: 'done' },
      { id: 2, action: 'replay', event_id: 'mended', number: 3, reason: 'schema', outcome: 'done' },
      { id: 1, action: 'replay', event_id: 'mended', number: 1, outcome: 'done' },
    ]);
    await second.stop();
    expect(await checkStore(second.dataDir)).toMatchObject({ ok: true, records: 0, quarantined: 0 });
  });

  it('flags, quarantines and recovers an event, which counts as undelivered once', async () => {
    const sink = new SinkFault();
    const refuse = { kind: 'refused', reason: 'too_large', error: new Error('too large') } as const;
    sink.set((topic) => (topic === 'events' ? refuse : 'pass'));
    const service = await Service.start({}, { startRelay: sink.startRelay });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await service.send(
      { event_id: 'e', payload: 1 },
      {
        headers: { 'content-type': 'application/json', traceparent },
      },
    );
    await eventually(async () => (await list(service)).length === 1);
    expect(await list(service)).toMatchObject([{ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' }]);
    await service.act(1, 'replay');
    await eventually(async () => (await list(service)).some(({ number }) => number === 2));
    sink.back();
    await service.act(2, 'replay');
    await service.untilPublished(1);
    await eventually(async () => (await titles(service)).includes('Recovered from quarantine'));
    const { slos } = (await service.get('/api/v1/slo')).json as unknown as { slos: { name: string }[] };
    expect(slos.find(({ name }) => name === 'delivery')).toMatchObject({ good: 0, bad: 1 });
    const told = await titles(service);
    expect(told.indexOf('Flagged: events can not go on')).toBeGreaterThanOrEqual(0);
    expect(told.indexOf('Quarantined: too large at step publish')).toBeGreaterThanOrEqual(0);
    expect(told.at(-1)).toBe('Recovered from quarantine');
    expect(service.log.find(({ msg }) => String(msg).startsWith('quarantined'))).toMatchObject({
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    });
  });

  it('settles all of a kind at once, and says of each in the audit what came of it', async () => {
    const schema = temporaryFile('schema.json', strict);
    const enrich = [{ step: 'schema', name: 'quake', file: schema }];
    const service = await Service.start({ enrich });
    await service.send(Array.from({ length: 30 }, (_, i) => ({ event_id: `e${i}`, payload: {} })));
    await eventually(async () => (await list(service)).length === 30);
    const first = await service.post('/api/v1/quarantine/replay?reason=too_large');
    expect(first.json).toEqual({ replayed: 0, superseded: 0, next_after: null, through: 30 });
    expect((await service.post('/api/v1/quarantine/discard?reason=odd')).status).toBe(400);
    const second = await service.post('/api/v1/quarantine/discard?reason=schema&step=quake');
    expect(second.json).toMatchObject({ discarded: 30, next_after: null });
    expect(await list(service)).toEqual([]);
    const audit = await service.get('/api/v1/quarantine/audit?limit=200');
    const { entries } = audit.json as unknown as { entries: { event_id: string; outcome: string }[] };
    expect(new Set(entries.map(({ event_id: id, outcome }) => `${id} ${outcome}`)).size).toBe(30);
    expect(entries.every(({ outcome }) => outcome === 'done')).toBe(true);
  });

  it('takes what was discarded when it is sent again, and a duplicate of what waits not', async () => {
    const schema = temporaryFile('schema.json', strict);
    const service = await Service.start({ enrich: [{ step: 'schema', file: schema }] });
    const event = { event_id: 'e', payload: {} };
    const status = async (): Promise<unknown> => (await service.send(event)).json.results[0]?.status;
    expect(await status()).toBe('accepted');
    await eventually(async () => (await list(service)).length === 1);
    expect(await status()).toBe('duplicate');
    await service.act(1, 'discard');
    expect(await status()).toBe('accepted');
    await eventually(async () => (await list(service)).length === 1);
  });

  it('does not replay what an update has replaced', async () => {
    const schema = temporaryFile('schema.json', strict);
    const service = await Service.start({ enrich: [{ step: 'schema', file: schema }] });
    await service.send({ event_id: 'e', payload: { mag: 'old' } });
    await eventually(async () => (await list(service)).length === 1);
    await service.send({ event_id: 'e', payload: { mag: 2 } });
    const refused = await service.act(1, 'replay');
    expect([refused.status, refused.json.code]).toEqual([409, 'superseded']);
    expect((await service.act(1, 'discard')).status).toBe(200);
    expect((await service.untilPublished(1)).map(({ revision }) => revision)).toEqual([2]);
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
