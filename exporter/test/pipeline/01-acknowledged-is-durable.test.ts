import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkStore } from '../../src/outbox/check';
import { eventually, readPublished, Service, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';
import { StoreFault } from '../helpers/store-fault';

/*
 * Chapter 1. The acknowledgement is a promise: 202 means that the event is on this disk, whatever comes next.
 */
describe('01 what is acknowledged is durable', () => {
  afterEach(async () => {
    await tidyUp();
    jest.restoreAllMocks();
  });

  it('is found by the next process after kill -9, and published by it', async () => {
    const sink = new SinkFault();
    sink.away();
    const first = await Service.start({}, { startRelay: sink.startRelay });
    const reply = await first.send([
      { event_id: 'a', payload: { n: 1 } },
      { event_id: 'b', payload: { n: 2 } },
    ]);
    expect(reply.status).toBe(202);
    const disk = first.crashCopy();

    // Whoever reads that disk finds both, although no drain has left its marker.
    const report = await checkStore(disk);
    expect(report).toMatchObject({ ok: true, clean: false });
    expect(report.records).toBeGreaterThanOrEqual(2);
    expect(readPublished(disk)).toEqual([]);

    const second = await Service.start({}, { dataDir: disk });
    const published = await second.untilPublished(2);
    expect(published.map(({ id }) => id).sort()).toEqual(['a', 'b']);
    // It remembers them, too: sending again changes nothing.
    const again = await second.send({ event_id: 'a', payload: { n: 1 } });
    expect(again.json.results).toMatchObject([{ event_id: 'a', status: 'duplicate' }]);
    expect(second.published()).toHaveLength(2);
  });

  it('is not answered before the synced write has come back', async () => {
    const disk = new StoreFault();
    const service = await Service.start({ cheer: { heartbeatSeconds: 3600 } });
    await service.send({ event_id: 'before', payload: 1 });
    disk.hang();
    const writes = disk.writes;
    let answered = false;
    const reply = service.send({ event_id: 'held', payload: 1 }).then((one) => {
      answered = true;
      return one;
    });
    await eventually(() => disk.writes > writes);
    // A whole exchange on another connection: time enough for an answer that did not wait.
    await service.get('/healthz');
    expect(answered).toBe(false);
    expect(service.published().map(({ id }) => id)).not.toContain('held');
    disk.heal();
    expect((await reply).status).toBe(202);
  });

  it('fences the store when a write fails, says red, opens it again and goes on, unaided', async () => {
    const disk = new StoreFault();
    const service = await Service.start({ cheer: { holdSeconds: 0, heartbeatSeconds: 3600 } });
    expect((await service.send({ event_id: 'kept', payload: 1 })).status).toBe(202);
    await service.untilPublished(1);

    disk.hang();
    const writes = disk.writes;
    const lost = service.send({ event_id: 'lost', payload: 1 });
    await eventually(() => disk.writes > writes);
    disk.fail('input/output error');
    const refused = await lost;
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.json.code).toBe('store_fenced');
    // The history tells it, however short it was.
    const history = await service.get('/api/v1/events');
    expect(history.text).toMatch(/"state":"red"/);
    expect(history.text).toMatch(/input\/output error/);

    disk.heal();
    await eventually(async () => (await service.send({ event_id: 'after', payload: 1 })).status === 202);
    await eventually(() => service.published().some(({ id }) => id === 'after'));
    await eventually(async () => (await service.get('/readyz')).status === 200);
    await service.stop();

    // What was refused was never stored; what was acknowledged is there once; the store is whole.
    expect(service.published().map(({ id }) => id)).toEqual(['kept', 'after']);
    expect(await checkStore(service.dataDir)).toMatchObject({ ok: true, clean: true, records: 0 });
  });

  it('stays red while the store does not add up, and can still be drained', async () => {
    const disk = new StoreFault();
    const service = await Service.start({ cheer: { heartbeatSeconds: 3600 } });
    expect((await service.send({ event_id: 'before', payload: 1 })).status).toBe(202);
    rmSync(join(service.dataDir, 'store.manifest'));
    disk.fail('input/output error');
    expect((await service.send({ event_id: 'a', payload: 1 })).status).toBe(503);
    await eventually(() => service.log.some(({ msg }) => String(msg).includes('manifest is missing')));
    disk.heal();

    expect((await service.send({ event_id: 'a', payload: 1 })).json.code).toBe('store_fenced');
    expect((await service.get('/readyz')).status).toBe(503);
    expect((await service.get('/healthz')).status).toBe(200);
    expect(await service.cheer()).toMatchObject({ state: 'red', reasons: [{ code: 'fenced' }] });
    await expect(service.stop()).resolves.toBeUndefined();
  });
});
