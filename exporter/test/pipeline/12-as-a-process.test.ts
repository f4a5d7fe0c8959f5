import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { checkStore } from '../../src/outbox/check';
import { post } from '../helpers/http-post';
import { ServiceProcess } from '../helpers/process';
import { eventually, portOf, readPublished, temporaryDirectory, tidyUp } from '../helpers/service';

/*
 * Chapter 12. The same as users run it: the built command in a process of its own, the relay in its own thread,
 * ended by kill -9 in the middle of the work, and by SIGTERM when it is done.
 */
describe('12 as a process', () => {
  const running: ServiceProcess[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.end('SIGKILL')));
    await tidyUp();
  });
  const start = async (dataDir: string, env?: Record<string, string>): Promise<ServiceProcess> => {
    const one = await ServiceProcess.start(dataDir, env);
    running.push(one);
    return one;
  };

  it('loses nothing that it acknowledged before kill -9, and publishes it once', async () => {
    const dataDir = temporaryDirectory();
    const first = await start(dataDir);
    const port = portOf(first.addresses.http);
    const acknowledged: string[] = [];
    // Eight clients send until the connection breaks; only what is answered counts.
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let n = 0; ; n++) {
        const events = Array.from({ length: 10 }, (__, i) => ({
          event_id: `${client}-${n}-${i}`,
          payload: n,
        }));
        const reply = await post(port, JSON.stringify(events)).catch(() => undefined);
        if (!reply) return;
        for (const { event_id: id, status } of reply.json.results)
          if (status === 'accepted') acknowledged.push(id!);
      }
    });
    await eventually(() => acknowledged.length > 1_000);
    expect(await first.end('SIGKILL')).toBeNull();
    await Promise.all(clients);
    expect(await checkStore(dataDir)).toMatchObject({ ok: true, clean: false });

    const second = await start(dataDir);
    const ids = (): string[] => readPublished(dataDir).map(({ id }) => id);
    await eventually(() => ids().length >= acknowledged.length);
    // Two on one data directory would ruin it: the second one says so, and ends with code 1.
    await expect(start(dataDir)).rejects.toThrow(/code 1: .*in use/s);
    expect(await second.end('SIGTERM')).toBe(0);
    expect(await checkStore(dataDir)).toMatchObject({ ok: true, clean: true, records: 0 });

    const published = ids();
    const there = new Set(published);
    expect(published).toHaveLength(there.size);
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
  });

  it('ends in time although a broker accepts connections and never says a word', async () => {
    const silent = createServer().listen(0, '127.0.0.1').unref();
    silent.on('connection', (socket) => socket.on('error', () => undefined).unref());
    const connected = once(silent, 'connection');
    await once(silent, 'listening');
    const dataDir = temporaryDirectory();
    const { port } = silent.address() as AddressInfo;
    const one = await start(dataDir, { KAFKA_BROKERS: `127.0.0.1:${port}`, SELFCHEER_DRAIN_SECONDS: '0.2' });
    const reply = await post(portOf(one.addresses.http), '{"event_id":"a","payload":1}');
    expect(reply.status).toBe(202);
    await connected;
    // Kafka's own timeouts are ten seconds and more: the thread that hangs in them is given up.
    expect(await one.end('SIGTERM')).toBe(0);
    silent.close();
    const report = await checkStore(dataDir);
    expect(report).toMatchObject({ ok: true, clean: true });
    expect(report.records).toBeGreaterThanOrEqual(1);
  });

  it('ends with code 2 and a sentence when it is told something wrong', async () => {
    const refused = start(temporaryDirectory(), { SELFCHEER_HTTP: '0.0.0.0:0' });
    await expect(refused).rejects.toThrow(/code 2: .*Refusing to listen beyond this machine/s);
  });
});
