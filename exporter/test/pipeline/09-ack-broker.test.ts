import { writeFileSync } from 'node:fs';
import { status as grpcStatus } from '@grpc/grpc-js';
import { callGrpc, ingestPath } from '../helpers/grpc-caller';
import { eventually, Service, temporaryFile, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';

/*
 * Chapter 9. With `ack: broker` an answer waits for the sink: the outbox is only the buffer in front of it, so the
 * process may go away with its disk. While the sink is away the answer is 503.
 */
describe('09 ack: broker', () => {
  afterEach(tidyUp);

  const settings = {
    ack: 'broker',
    cheer: { heartbeatSeconds: 3600 },
    publish: { timeoutMs: 200, backoffMinMs: 1, backoffMaxMs: 5 },
  };

  it('answers when the sink has it, over both transports', async () => {
    const service = await Service.start({ ...settings, publish: {} });
    const reply = await service.send([
      { event_id: 'a', payload: 1 },
      { event_id: 'b', payload: 2, key: 'other' },
    ]);
    // No waiting here: with the answer in hand both are there.
    expect(
      service
        .published()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b']);
    expect(reply.status).toBe(202);
    await callGrpc(service.app.addresses.grpc, ingestPath, { event_id: 'c', payload: 'text' });
    expect(service.published()).toHaveLength(3);
  });

  it('holds the answer, of a duplicate too, until then', async () => {
    const sink = new SinkFault();
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    sink.set(async () => held.then(() => 'pass' as const) as never);
    const service = await Service.start({ ...settings, publish: {} }, { startRelay: sink.startRelay });
    const answers: string[] = [];
    const event = { event_id: 'a', payload: 1 };
    const first = service.send(event).then((reply) => answers.push(reply.json.results[0]!.status));
    await eventually(() => sink.sends.some(({ ids }) => ids.includes('a')));
    const second = service.send(event).then((reply) => answers.push(reply.json.results[0]!.status));
    await service.get('/healthz');
    await service.get('/healthz');
    expect(answers).toEqual([]);
    letGo();
    await Promise.all([first, second]);
    expect(answers.sort()).toEqual(['accepted', 'duplicate']);
    expect(service.published()).toHaveLength(1);
  });

  it('answers 503 while the sink is away; sending again later is safe', async () => {
    const sink = new SinkFault();
    sink.away();
    const service = await Service.start(settings, { startRelay: sink.startRelay });
    const reply = await service.send({ event_id: 'a', payload: 1 });
    expect(reply.status).toBe(503);
    expect(reply.json.code).toBe('unavailable');
    expect(reply.headers['retry-after']).toBe('5');
    const call = callGrpc(service.app.addresses.grpc, ingestPath, { event_id: 'b', payload: 'text' });
    await expect(call).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });

    sink.back();
    await eventually(async () => (await service.send({ event_id: 'a', payload: 1 })).status === 202);
    const again = await service.send({ event_id: 'a', payload: 1 });
    expect(again.json.results).toMatchObject([{ event_id: 'a', status: 'duplicate' }]);
    // The other one was perhaps refused before it was stored: it was not acknowledged.
    expect(service.published().filter(({ id }) => id === 'a')).toHaveLength(1);
  });

  it('does not acknowledge what goes to quarantine, nor a duplicate of it, until it is through', async () => {
    const schema = temporaryFile('schema.json', '{"type":"object","required":["mag"]}');
    const service = await Service.start({
      ...settings,
      publish: {},
      enrich: [{ step: 'schema', file: schema }],
    });
    const bad = { event_id: 'bad', payload: {} };
    const mixed = await service.send([{ event_id: 'good', payload: { mag: 1 } }, bad, bad]);
    expect(mixed.status).toBe(207);
    const error = { code: 'quarantined', detail: expect.stringContaining('(schema)') as string };
    expect(mixed.json.results).toMatchObject([
      { event_id: 'good', status: 'accepted' },
      { event_id: 'bad', status: 'rejected', error },
      { event_id: 'bad', status: 'rejected', error },
    ]);
    // Once is enough: it is there for the operator, and sending it again changes nothing.
    const again = await service.send(bad);
    expect([again.status, again.json.code]).toEqual([400, 'quarantined']);
    const call = callGrpc(service.app.addresses.grpc, ingestPath, { event_id: 'b2', payload: '{}' });
    await expect(call).rejects.toMatchObject({ code: grpcStatus.INVALID_ARGUMENT });
    const listed = (await service.get('/api/v1/quarantine')).json as unknown as {
      items: { number: number }[];
    };
    expect(listed.items.map(({ number }) => number)).toEqual([2, 1]);

    // Discarded, it is taken anew; mended and replayed, its duplicate is acknowledged.
    await service.act(2, 'discard');
    writeFileSync(schema, '{}');
    await service.stop();
    const next = await Service.start(
      { ...settings, publish: {}, enrich: [{ step: 'schema', file: schema }] },
      { dataDir: service.dataDir },
    );
    expect((await next.send(bad)).json.code).toBe('quarantined');
    await next.act(1, 'replay');
    await next.untilPublished(2);
    expect((await next.send(bad)).json.results).toMatchObject([{ event_id: 'bad', status: 'duplicate' }]);
    await callGrpc(next.app.addresses.grpc, ingestPath, { event_id: 'b2', payload: '{}' });
    expect(next.published().map(({ id }) => id)).toEqual(['good', 'bad', 'b2']);
  });

  it('refuses at once while the breaker is open, keeps what it had stored, and takes again after it', async () => {
    const sink = new SinkFault();
    sink.away();
    const service = await Service.start(
      { ...settings, publish: { ...settings.publish, timeoutMs: 20_000 } },
      { startRelay: sink.startRelay },
    );
    const waiting = service.send({ event_id: 'a', payload: 1 });
    const sinkIsOpen = async (): Promise<boolean> => {
      const { breakers } = (await service.get('/api/v1/pipeline')).json as unknown as {
        breakers: { state: string }[];
      };
      return breakers.some(({ state }) => state !== 'closed');
    };
    await eventually(sinkIsOpen);
    // Far below the 20 s that it would wait otherwise.
    const refused = await service.send({ event_id: 'b', payload: 1 });
    expect([refused.status, refused.json.code]).toEqual([503, 'unavailable']);
    expect(refused.headers['retry-after']).toBe('5');
    sink.back();
    // Who waited is answered well after all.
    expect((await waiting).status).toBe(202);
    await eventually(async () => (await service.send({ event_id: 'b', payload: 1 })).status === 202);
    expect(
      service
        .published()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b']);
  });

  it('answers who waits when it drains, instead of cutting the connection', async () => {
    const sink = new SinkFault();
    sink.away();
    const service = await Service.start(
      { ...settings, drainSeconds: 1, publish: {} },
      { startRelay: sink.startRelay },
    );
    const waiting = service.send({ event_id: 'a', payload: 1 });
    await eventually(() => sink.sends.length > 0);
    const drained = service.stop();
    const reply = await waiting;
    expect(reply.status).toBe(503);
    expect(reply.json.code).toBe('draining');
    await drained;
  });
});
