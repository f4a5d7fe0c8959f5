import { hash } from 'node:crypto';
import { status as grpcStatus } from '@grpc/grpc-js';
import { callGrpc, ingestPath } from '../helpers/grpc-caller';
import { eventually, Service, tidyUp } from '../helpers/service';
import { StoreFault } from '../helpers/store-fault';

/*
 * Chapter 14. More comes than can be stored. A disk that is slow makes everybody wait a little; a queue that stands makes
 * everybody wait for ever, so the service turns some away: low priority first, with a time to come back, before it reads
 * what they send. It says so while it does (yellow, `degraded`), and takes everybody again when the queue is gone. What a
 * tenant may send at all is its quota, which is its own affair: 429, and no mark against the service.
 */
describe('14 overload and quotas', () => {
  afterEach(async () => {
    jest.restoreAllMocks();
    await tidyUp();
  });

  const key = (name: string): object => ({
    name,
    tenant: name,
    roles: ['producer', 'reader'],
    sha256: hash('sha256', name),
  });
  const ndjson = (run: string, count: number): string =>
    Array.from({ length: count }, (_, n) => `{"event_id":"${run}-${n}","payload":${n}}`).join('\n');

  it('sheds low priority while a queue stands before a slow disk, says so, and recovers', async () => {
    const disk = new StoreFault();
    const service = await Service.start({
      ingest: { overload: { targetMs: 50, intervalMs: 300 } },
      cheer: { holdSeconds: 0, heartbeatSeconds: 3600 },
    });
    const one = (id: string, priority: string) =>
      service.send(
        { event_id: id, payload: 1 },
        { headers: { 'content-type': 'application/json', priority } },
      );
    expect((await one('before', 'u=7')).status).toBe(202);

    // The disk hangs, and more waits for it than its next batch can take.
    disk.hang();
    const stream = { headers: { 'content-type': 'application/x-ndjson' } };
    const waiting = Array.from({ length: 24 }, (_, n) => service.send(ndjson(`s${n}`, 2_000), stream));
    let refused = await Promise.race([one('low-0', 'u=7'), later()]);
    for (let n = 1; !refused; n++) refused = await Promise.race([one(`low-${n}`, 'u=7'), later()]);
    expect(refused).toMatchObject({ status: 503, json: { code: 'overloaded' } });
    expect(refused.json.detail).toMatch(/low priority/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    const { grpc } = service.app.addresses;
    await expect(
      callGrpc(grpc, ingestPath, { event_id: 'g', payload: 'x' }, { priority: 'u=7' }),
    ).rejects.toMatchObject({ code: grpcStatus.RESOURCE_EXHAUSTED });

    await eventually(async () => {
      const summary = (await service.get('/api/v1/summary')).json as unknown as { mode: string };
      const { state, reasons } = await service.cheer();
      const told = reasons.find(({ code }) => code === 'degraded')?.detail ?? '';
      return summary.mode === 'degraded' && state !== 'green' && /shedding requests of low/.test(told);
    });
    expect((await service.get('/metrics')).text).toMatch(/cheer_shed_total\{reason="overload"\} [1-9]/);

    // What was taken is stored as soon as the disk answers; then everybody is welcome again.
    disk.heal();
    for (const reply of await Promise.all(waiting))
      expect(reply).toMatchObject({ status: 202, json: { accepted: 2_000 } });
    await eventually(async () => (await one('after', 'u=7')).status === 202);
    await eventually(async () => {
      const summary = (await service.get('/api/v1/summary')).json as unknown as { mode: string };
      return summary.mode === 'normal';
    }, 25_000);
  });

  it('does not shed before a disk that is slow but keeps up', async () => {
    const disk = new StoreFault();
    const service = await Service.start({ ingest: { overload: { targetMs: 50, intervalMs: 300 } } });
    disk.hang();
    const all = Array.from({ length: 20 }, (_, n) => service.send({ event_id: `e${n}`, payload: n }));
    await eventually(() => disk.writes > 0);
    for (let n = 0; n < 8; n++) await later();
    all.push(service.send({ event_id: 'last', payload: 1 }));
    disk.heal();
    for (const reply of await Promise.all(all)) expect(reply.status).toBe(202);
  });

  it('holds each tenant to its own quota, which is no fault of the service', async () => {
    const service = await Service.start({
      auth: { apiKeys: [key('small'), key('large')] },
      tenants: { small: { eventsPerSecond: 0.01, burstSeconds: 300 } },
    });
    const send = (id: string, as: string) =>
      service.send(
        { event_id: id, payload: 1 },
        { headers: { 'content-type': 'application/json', 'x-api-key': as } },
      );
    for (const id of ['a', 'b', 'c']) {
      const reply = await send(id, 'small');
      expect(reply.status).toBe(202);
      expect(reply.headers['ratelimit-policy']).toBe('"events";q=3;qu="events";w=300');
    }
    const over = await send('d', 'small');
    expect(over).toMatchObject({ status: 429, json: { code: 'quota_exceeded' } });
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(90);
    expect(over.headers['ratelimit']).toMatch(/^"events";r=0;t=\d+$/);
    await expect(
      callGrpc(
        service.app.addresses.grpc,
        ingestPath,
        { event_id: 'd', payload: 'x' },
        { 'x-api-key': 'small' },
      ),
    ).rejects.toMatchObject({ code: grpcStatus.RESOURCE_EXHAUSTED });

    const other = await send('d', 'large');
    expect(other.status).toBe(202);
    expect(other.headers['ratelimit']).toBeUndefined();
    const { text } = await service.get('/metrics', { 'x-api-key': 'large' });
    expect(text).toMatch(/cheer_shed_total\{reason="quota"\} 2/);
    expect(text).toMatch(/cheer_slo_events_total\{slo="ingest-availability",result="bad"\} 0/);
  });
});

/** Gives what hangs the time to be refused, were it to be. */
function later(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, 50, undefined));
}
