import { callGrpc, ingestPath } from '../helpers/grpc-caller';
import { Service, tidyUp } from '../helpers/service';

/*
 * Chapter 2. An event is its source and id. Sent again with the same body it is a duplicate and goes out once; with
 * another body it is the next revision, under the same key and behind the one before. The transport does not matter.
 */
describe('02 duplicates and revisions', () => {
  afterEach(tidyUp);

  const at = Date.UTC(2026, 0, 1);
  const statuses = (json: { results: readonly { status: string }[] }): string[] =>
    json.results.map(({ status }) => status);

  it('takes one event by both transports as one', async () => {
    const service = await Service.start();
    const { grpc } = service.app.addresses;
    const overHttp = await service.send({ event_id: 'one', payload: { mag: 4.5 }, timestamp: at });
    expect(statuses(overHttp.json)).toEqual(['accepted']);
    const overGrpc = await callGrpc(grpc, ingestPath, {
      event_id: 'one',
      payload_json: Buffer.from('{"mag":4.5}'),
      timestamp: at,
    });
    expect(overGrpc).toMatchObject({ event_id: 'one', duplicate: true, revision: 1 });

    // And the other way round.
    const first = await callGrpc(grpc, ingestPath, { event_id: 'two', payload: 'plain text', timestamp: at });
    expect(first).toMatchObject({ event_id: 'two', revision: 1 });
    expect(first['duplicate']).toBeFalsy();
    const second = await service.send({ event_id: 'two', payload: 'plain text', timestamp: at });
    expect(statuses(second.json)).toEqual(['duplicate']);

    // A last one says that all before it are through: the relay keeps nothing back.
    await service.send({ event_id: 'last', payload: 0 });
    const published = await service.untilPublished(3);
    expect(published.map(({ id }) => id).sort()).toEqual(['last', 'one', 'two']);
  });

  it('tells duplicates apart inside one request', async () => {
    const service = await Service.start();
    const event = { event_id: 'x', payload: 'same' };
    const reply = await service.send([event, event, { event_id: 'x', payload: 'other' }, event]);
    // The last one is not what is known of x any more: it is a third revision.
    expect(statuses(reply.json)).toEqual(['accepted', 'duplicate', 'updated', 'updated']);
    const published = await service.untilPublished(3);
    expect(published.map(({ payload, revision }) => `${revision} ${payload}`)).toEqual([
      '1 "same"',
      '2 "other"',
      '3 "same"',
    ]);
  });

  it('publishes revisions under one key, in order, with their number', async () => {
    const service = await Service.start();
    const { grpc } = service.app.addresses;
    for (const mag of [1, 2, 3]) {
      await service.send({ event_id: 'quake', payload: { mag }, source: '/usgs', key: 'ca' });
    }
    const update = await callGrpc(grpc, ingestPath, {
      event_id: 'quake',
      payload_json: Buffer.from('{"mag":4}'),
      source: '/usgs',
      key: 'ca',
    });
    expect(update).toMatchObject({ revision: 4 });
    const published = await service.untilPublished(4);
    expect(published.map(({ revision, payload }) => [revision, payload])).toEqual(
      [1, 2, 3, 4].map((n) => [n, `{"mag":${n}}`]),
    );
    expect(new Set(published.map(({ key }) => key))).toEqual(new Set(['ca']));
    expect(new Set(published.map(({ headers }) => headers['ce_id']))).toEqual(new Set(['quake']));
  });

  it('keeps the same id of two sources apart', async () => {
    const service = await Service.start();
    const reply = await service.send([
      { event_id: 'x', payload: 1, source: '/a' },
      { event_id: 'x', payload: 2, source: '/b' },
    ]);
    expect(statuses(reply.json)).toEqual(['accepted', 'accepted']);
    const published = await service.untilPublished(2);
    expect(published.map(({ headers }) => headers['ce_source']).sort()).toEqual(['/a', '/b']);
  });

  it('refuses another body with 409 where the configuration says so', async () => {
    const service = await Service.start({ dedupe: { onConflict: 'reject' } });
    await service.send({ event_id: 'x', payload: 1 });
    const reply = await service.send({ event_id: 'x', payload: 2 });
    expect(reply.status).toBe(409);
    expect(reply.json.code).toBe('id_conflict');
    await service.send({ event_id: 'last', payload: 0 });
    const published = await service.untilPublished(2);
    expect(published.map(({ id, payload }) => `${id} ${payload}`).sort()).toEqual(['last 0', 'x 1']);
  });

  it('knows them after a restart', async () => {
    const first = await Service.start();
    await first.send({ event_id: 'x', payload: 1, timestamp: at });
    await first.untilPublished(1);
    await first.stop();
    const second = await Service.start({}, { dataDir: first.dataDir });
    const reply = await second.send([
      { event_id: 'x', payload: 1, timestamp: at },
      { event_id: 'x', payload: 2, timestamp: at },
    ]);
    expect(statuses(reply.json)).toEqual(['duplicate', 'updated']);
    const published = await second.untilPublished(2);
    expect(published.map(({ revision, payload }) => `${revision} ${payload}`)).toEqual(['1 1', '2 2']);
  });
});
