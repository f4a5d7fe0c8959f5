import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

const example = path.join(__dirname, '../cheer-kit/examples/http-service/server.mjs');

let child: ChildProcess | undefined;
let prices: Server | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
  prices?.closeAllConnections();
  prices?.close();
});

/** The example as a process of its own, with prices that are answered so. */
async function startExample(status: number) {
  prices = createServer((_request, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end('{"price":40}');
  });
  await once(prices.listen(0, '127.0.0.1'), 'listening');
  const env = {
    PATH: process.env['PATH'],
    SELFCHEER_ADMIN: '127.0.0.1:0',
    LISTEN: '127.0.0.1:0',
    PRICES_URL: `http://127.0.0.1:${(prices.address() as AddressInfo).port}`,
  };
  const started = spawn(process.execPath, [example], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  const { http, admin } = await new Promise<{ http: string; admin: string }>((resolve, reject) => {
    started.once('exit', (code) => reject(new Error(`the example ended with ${code}`)));
    createInterface({ input: started.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as { msg: string; http: string; admin: string };
      if (line.msg === 'ready') resolve(line);
    });
  });
  const answer = await fetch(`http://${http}/orders/7/price`);
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  const calls = (result: string): number => {
    const line = new RegExp(
      `^downstream_calls_total\\{downstream="prices",result="${result}"\\} (\\d+)`,
      'm',
    );
    return Number(line.exec(metrics)?.[1]);
  };
  return { status: answer.status, body: await answer.json(), calls };
}

test('what its downstream answers is passed on', async () => {
  const { status, body, calls } = await startExample(200);
  expect([status, body]).toEqual([200, { price: 40 }]);
  expect(calls('success')).toBe(1);
});

test.each([
  [503, 'unavailable', 3],
  [404, 'refused', 1],
])('a downstream that answers %i has not succeeded', async (said, result, attempts) => {
  const { status, body, calls } = await startExample(said);
  expect([status, body]).toMatchObject([502, { code: 'http_status' }]);
  expect([calls('success'), calls(result)]).toEqual([0, attempts]);
});
