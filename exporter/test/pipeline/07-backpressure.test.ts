import { status as grpcStatus } from '@grpc/grpc-js';
import { checkStore } from '../../src/outbox/check';
import { callGrpc, healthPath, ingestPath } from '../helpers/grpc-caller';
import { eventually, Service, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';

/*
 * Chapter 7. Everything is bounded by bytes. When the sink is away for too long the outbox is full: the service says so
 * (503, Retry-After, red), keeps what it has acknowledged, and drains by itself when the sink is back.
 */
describe('07 backpressure and limits', () => {
  afterEach(tidyUp);

  const filler = 'x'.repeat(1000);

  it('refuses when the outbox is full, says so everywhere, and recovers unaided', async () => {
    const sink = new SinkFault();
    sink.away();
    const service = await Service.start(
      {
        outbox: { lanes: 2, quotaBytes: 20_000 },
        cheer: { holdSeconds: 0, heartbeatSeconds: 3600 },
        publish: { backoffMinMs: 1, backoffMaxMs: 20 },
      },
      { startRelay: sink.startRelay },
    );
    const { grpc } = service.app.addresses;
    const acknowledged: string[] = [];
    let refused;
    for (let n = 0; !refused; n++) {
      const reply = await service.send({ event_id: `e${n}`, payload: filler });
      if (reply.status === 202) acknowledged.push(`e${n}`);
      else refused = reply;
    }
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(refused.status).toBe(503);
    expect(refused.json.code).toBe('store_full');
    expect(refused.headers['retry-after']).toBe('30');
    await expect(callGrpc(grpc, ingestPath, { event_id: 'g', payload: filler })).rejects.toMatchObject({
      code: grpcStatus.RESOURCE_EXHAUSTED,
    });

    // Producers keep on asking; the service keeps on saying why not.
    await eventually(async () => {
      await service.send({ event_id: 'more', payload: filler });
      const { state, reasons } = await service.cheer();
      return state === 'red' && reasons.some(({ code }) => code === 'refusing');
    });
    await service.send({ event_id: 'more', payload: filler });
    expect((await service.get('/readyz')).status).toBe(503);
    await eventually(async () => {
      await service.send({ event_id: 'more', payload: filler });
      return (await callGrpc(grpc, healthPath, {}))['status'] === 'NOT_SERVING';
    });

    sink.back();
    const published = await service.untilPublished(acknowledged.length);
    expect(published.map(({ id }) => id).sort()).toEqual(acknowledged.sort());
    await eventually(async () => (await service.get('/readyz')).status === 200);
    await eventually(async () => (await callGrpc(grpc, healthPath, {}))['status'] === 'SERVING');
    expect((await service.send({ event_id: 'after', payload: filler })).status).toBe(202);
    await service.untilPublished(acknowledged.length + 1);
    await service.stop();
    expect(await checkStore(service.dataDir)).toMatchObject({ ok: true, records: 0, bytes: 0 });
  });

  it('turns a whole request away rather than a part of it silently', async () => {
    const service = await Service.start({ outbox: { quotaBytes: 20_000 } });
    const events = Array.from({ length: 30 }, (_, n) => ({ event_id: `e${n}`, payload: filler }));
    const reply = await service.send(events);
    expect(reply.status).toBe(503);
    expect(reply.json).toMatchObject({ accepted: 0, results: [] });
    expect((await service.send(events.slice(0, 5))).status).toBe(202);
    const published = await service.untilPublished(5);
    expect(published).toHaveLength(5);
  });

  it('holds its limits for bodies, events and depth, and the good neighbours go through', async () => {
    const limits = { bodyBytes: 4_000, eventBytes: 1_200, jsonDepth: 5 };
    const service = await Service.start({ ingest: { limits } });
    expect((await service.send(JSON.stringify(filler.repeat(5)))).status).toBe(413);
    const ndjson = [
      '{"event_id":"good-1","payload":1}',
      `{"event_id":"large","payload":"${filler.repeat(2)}"}`,
      '{"event_id":"deep","payload":[[[[[[1]]]]]]}',
      '{"event_id":"good-2","payload":2}',
    ].join('\n');
    const reply = await service.send(ndjson, { headers: { 'content-type': 'application/x-ndjson' } });
    expect(reply.status).toBe(207);
    expect(reply.json.results.map(({ status, error }) => error?.code ?? status)).toEqual([
      'accepted',
      'event_too_large',
      'too_deep',
      'accepted',
    ]);
    expect(reply.json.results.map(({ error }) => error?.line)).toEqual([undefined, 2, 3, undefined]);
    const published = await service.untilPublished(2);
    expect(published.map(({ id }) => id).sort()).toEqual(['good-1', 'good-2']);
  });
});
