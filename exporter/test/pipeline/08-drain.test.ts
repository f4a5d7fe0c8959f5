import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { checkStore } from '../../src/outbox/check';
import type { StartRelay } from '../../src/relay-link';
import { callGrpc, healthPath } from '../helpers/grpc-caller';
import { eventually, portOf, Service, tidyUp } from '../helpers/service';
import { SinkFault } from '../helpers/sink-fault';
import { StoreFault } from '../helpers/store-fault';

/*
 * Chapter 8. On SIGTERM the service leaves in order: first it says that it is not ready, so that balancers look
 * elsewhere, then it takes nothing new, answers what it has, and closes its store with a mark that all is well.
 */
describe('08 drain', () => {
  afterEach(async () => {
    await tidyUp();
    jest.restoreAllMocks();
  });

  it('says not ready first, and serves on until the balancer has had its time', async () => {
    const service = await Service.start({ readinessLagSeconds: 1 });
    const { grpc } = service.app.addresses;
    const health = async (): Promise<unknown> => (await callGrpc(grpc, healthPath, {}))['status'];
    await eventually(async () => (await health()) === 'SERVING');
    expect((await service.get('/readyz')).status).toBe(200);

    const drained = service.stop();
    // At least as many looks as the service has samples of its own within the lag.
    let looks = 0;
    const reply = await service.send({ event_id: 'late', payload: 1 });
    while ((await service.get('/readyz').catch(() => undefined))?.status === 503) {
      looks += 1;
      expect((await service.get('/healthz')).status).toBe(200);
      if (looks > 300) break;
      const status = await health().catch(() => 'gone');
      if (status === 'gone') break;
      expect(status).toBe('NOT_SERVING');
    }
    expect(looks).toBeGreaterThan(0);
    expect(reply.status).toBe(202);
    await drained;
    await expect(service.get('/healthz')).rejects.toThrow();
    expect(service.published().map(({ id }) => id)).toEqual(['late']);
    expect(await checkStore(service.dataDir)).toMatchObject({ ok: true, clean: true, records: 0 });
  });

  it('answers what is in flight, and turns away what comes on a connection that is open', async () => {
    const disk = new StoreFault();
    const service = await Service.start({ drainSeconds: 5, cheer: { heartbeatSeconds: 3600 } });
    await service.untilPublished(0);
    disk.hang();
    const writes = disk.writes;
    const inFlight = service.send({ event_id: 'in-flight', payload: 1 });
    await eventually(() => disk.writes > writes);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const port = portOf(service.app.addresses.http);
    expect(await getOver(agent, port, '/')).toBeLessThan(500);
    const slow = postSlowly(agent, port);
    await slow.taken;

    const drained = service.stop();
    await eventually(async () => (await service.get('/readyz')).status === 503);
    slow.finish('{"event_id":"too-late","payload":1}');
    disk.heal();
    expect((await inFlight).status).toBe(202);
    expect((await slow.status).status).toBe(503);
    await drained;
    expect((await slow.status).code).toBe('draining');
    agent.destroy();
    expect(service.published().map(({ id }) => id)).toEqual(['in-flight']);
  });

  it('keeps what could not be sent for the next run: nothing is lost, nothing is twice', async () => {
    const sink = new SinkFault();
    const first = await Service.start({ outbox: { lanes: 2 } }, { startRelay: sink.startRelay });
    await first.send(Array.from({ length: 50 }, (_, n) => ({ event_id: `sent-${n}`, payload: n })));
    await first.untilPublished(50);
    sink.away();
    await first.send(Array.from({ length: 50 }, (_, n) => ({ event_id: `kept-${n}`, payload: n })));
    await first.stop();
    expect(first.published()).toHaveLength(50);
    const report = await checkStore(first.dataDir);
    expect(report).toMatchObject({ ok: true, clean: true });
    expect(report.lanes.slice(0, -1).reduce((sum, { records }) => sum + records, 0)).toBe(50);

    const second = await Service.start({}, { dataDir: first.dataDir });
    await second.untilPublished(100);
    await second.stop();
    const ids = second.published().map(({ id }) => id);
    expect(ids).toHaveLength(100);
    expect(new Set(ids).size).toBe(100);
  });

  it('does not wait for ever for a sink that hangs', async () => {
    const sink = new SinkFault();
    sink.set(() => new Promise<never>(() => undefined));
    const first = await Service.start({ drainSeconds: 0.1 }, { startRelay: sink.startRelay });
    await first.send({ event_id: 'stuck', payload: 1 });
    await eventually(() => sink.sends.some(({ ids }) => ids.includes('stuck')));
    await first.stop();
    const report = await checkStore(first.crashCopy());
    expect(report).toMatchObject({ ok: true, clean: true });
    expect(report.records).toBeGreaterThanOrEqual(1);
  });

  it('sends an answer to its end, however slowly the client reads it', async () => {
    const service = await Service.start({ drainSeconds: 20, cheer: { heartbeatSeconds: 3600 } });
    const port = portOf(service.app.addresses.http);
    // The answer is larger than what two socket buffers hold.
    const body = Array.from({ length: 90_000 }, (_, n) => `{"event_id":"e${n}","payload":0}`).join('\n');
    const socket = connect(port, '127.0.0.1');
    socket.write(head('application/x-ndjson', body.length) + body);
    const chunks = [(await once(socket, 'data'))[0] as Buffer];
    socket.pause();
    const drained = service.stop();
    await eventually(() => refusesConnections(port));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
    await once(socket, 'end');
    const answer = Buffer.concat(chunks).toString('latin1');
    const start = answer.indexOf('\r\n\r\n') + 4;
    expect(answer.length - start).toBe(Number(/content-length: (\d+)/i.exec(answer)![1]));
    socket.destroy();
    await drained;
  });

  it('does not wait for connections on which nothing is asked', async () => {
    // Were it to wait for them, this chapter would be over first.
    const service = await Service.start({ drainSeconds: 300 });
    const port = portOf(service.app.addresses.http);
    const unused = connect(port, '127.0.0.1');
    await once(unused, 'connect');
    const agent = new Agent({ keepAlive: true });
    await getOver(agent, port, '/');
    await service.stop();
    if (!unused.closed) await once(unused, 'close');
    agent.destroy();
  });

  it('keeps time for what is being sent, whatever the connections do', async () => {
    const sink = new SinkFault();
    let letGo = (): void => undefined;
    const held = new Promise<'pass'>((resolve) => (letGo = () => resolve('pass')));
    sink.set(() => held as never);
    let settleMs = 0;
    const startRelay: StartRelay = (settings, report) => {
      const link = sink.startRelay(settings, report);
      return {
        ...link,
        send(command) {
          if (command.kind === 'stop') settleMs = command.withinMs;
          link.send(command);
        },
      };
    };
    const settings = { drainSeconds: 6, cheer: { heartbeatSeconds: 3600 } };
    const service = await Service.start(settings, { startRelay });
    const agent = new Agent({ keepAlive: true });
    const port = portOf(service.app.addresses.http);
    await service.send({ event_id: 'late', payload: 1 });
    await eventually(() => sink.sends.some(({ ids }) => ids.includes('late')));
    const endless = postSlowly(agent, port);
    const cut = endless.status.catch(() => 'cut');
    await eventually(async () => (await getOver(agent, port, '/')) < 500);
    const drained = service.stop();
    expect(await cut).toBe('cut');
    letGo();
    await drained;
    // More than what a store gets of which nothing is left to wait for.
    expect(settleMs).toBeGreaterThan(750);
    agent.destroy();
    expect(service.published().map(({ id }) => id)).toEqual(['late']);
    expect(await checkStore(service.dataDir)).toMatchObject({ ok: true, clean: true, records: 0 });
  });

  it('ends although the store hangs, as a crash would leave it', async () => {
    const disk = new StoreFault();
    const service = await Service.start({ drainSeconds: 0.1, cheer: { heartbeatSeconds: 3600 } });
    await service.untilPublished(0);
    const writes = disk.writes;
    disk.hang();
    const lost = service.send({ event_id: 'unanswered', payload: 1 }).catch(() => 'no answer');
    await eventually(() => disk.writes > writes);
    await service.stop();
    expect(await lost).toBe('no answer');
    expect(service.log.some(({ msg }) => /could not be closed in time/.test(String(msg)))).toBe(true);
    disk.heal();
  });

  it('leaves nothing open when it can not start', async () => {
    const taken = (await Service.start()).app.addresses.http;
    const other = await Service.start();
    await other.stop();
    await expect(Service.start({ http: taken }, { dataDir: other.dataDir })).rejects.toMatchObject({
      code: 'address_unusable',
    });
    // Its store was closed again, in order.
    expect(await checkStore(other.dataDir)).toMatchObject({ ok: true, clean: true });
  });
});

function head(type: string, length: number): string {
  return `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
}

function refusesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(false));
    socket.on('error', () => resolve(true)).on('connect', () => socket.destroy());
  });
}

function getOver(agent: Agent, port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ agent, port, host: '127.0.0.1', path }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

/** A request whose headers are sent now and whose body comes with `finish`. */
function postSlowly(
  agent: Agent,
  port: number,
): { taken: Promise<void>; finish(body: string): void; status: Promise<{ status: number; code: unknown }> } {
  const outgoing = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/events',
    headers: { 'content-type': 'application/json', 'content-length': 35, expect: '100-continue' },
  });
  // It is a request, and not a connection that nobody uses, once the service has asked for its body.
  const taken = new Promise<void>((resolve) => outgoing.once('continue', () => resolve()));
  outgoing.flushHeaders();
  const status = new Promise<{ status: number; code: unknown }>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, code: (JSON.parse(text) as { code?: unknown }).code });
      });
    });
  });
  return { taken, finish: (body) => outgoing.end(body), status };
}
