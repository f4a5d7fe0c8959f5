import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Side, WeightedProxy, type Weights } from './weighted-proxy';
import { until } from './stage';

/** Both ports of an exporter in one. */
class Backend {
  ready = true;
  private constructor(
    private readonly server: Server,
    readonly place: string,
  ) {}

  static async start(): Promise<Backend> {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(request.url !== '/readyz' || backend.ready ? 200 : 503).end();
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const backend = new Backend(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    return backend;
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

let backends: Record<Side, Backend>;
let proxy: WeightedProxy;

beforeEach(async () => {
  backends = { stable: await Backend.start(), canary: await Backend.start() };
  const at = (side: Side) => ({ http: backends[side].place, admin: backends[side].place });
  proxy = await WeightedProxy.start({ stable: at('stable'), canary: at('canary') });
  await until('both are ready', () => proxy.isReady('stable') && proxy.isReady('canary'));
});

afterEach(async () => {
  await proxy.close();
  await Promise.all([backends.stable.close(), backends.canary.close()]);
});

async function send(times: number): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (let time = 0; time < times; time += 1) {
    const answer = await fetch(`${proxy.url}/v1/events`, { method: 'POST', body: '{}' });
    await answer.arrayBuffer();
    const of = `${answer.headers.get('x-side')} ${answer.status}`;
    answers[of] = (answers[of] ?? 0) + 1;
  }
  return answers;
}

test.each<[Weights, Record<string, number>]>([
  [{ stable: 100, canary: 0 }, { 'stable 200': 20 }],
  [
    { stable: 90, canary: 10 },
    { 'stable 200': 18, 'canary 200': 2 },
  ],
  [
    { stable: 50, canary: 50 },
    { 'stable 200': 10, 'canary 200': 10 },
  ],
  [{ stable: 0, canary: 100 }, { 'canary 200': 20 }],
])('parts requests %j', async (weights, answers) => {
  proxy.setWeights(weights);
  expect(await send(20)).toEqual(answers);
  expect(proxy.sent).toEqual({ stable: answers['stable 200'] ?? 0, canary: answers['canary 200'] ?? 0 });
});

test('sends nothing to who is not ready', async () => {
  proxy.setWeights({ stable: 50, canary: 50 });
  backends.canary.ready = false;
  await until('it is seen', () => !proxy.isReady('canary'));
  expect(await send(10)).toEqual({ 'stable 200': 10 });
});

test('hands a request that could not be sent to the other one', async () => {
  proxy.setWeights({ stable: 50, canary: 50 });
  await send(4);
  await backends.canary.close();
  expect(await send(10)).toEqual({ 'stable 200': 10 });
});

test('says so when nobody is there', async () => {
  await Promise.all([backends.stable.close(), backends.canary.close()]);
  expect(await send(1)).toEqual({ 'null 502': 1 });
});
