import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The built kit, as a process of its own: what only a process has are signals, an exit code and a standard output. */
const kit = join(__dirname, '../..');
const example = join(kit, 'examples/http-service/server.mjs');

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Line {
  readonly msg: string;
  readonly [member: string]: unknown;
}

/** Starts it and waits for its line `ready`. */
async function start(env: NodeJS.ProcessEnv = {}, program = example) {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], LISTEN: '127.0.0.1:0', SELFCHEER_ADMIN: '127.0.0.1:0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: Line[] = [];
  const exited = once(child, 'close') as Promise<[number | null, string | null]>;
  const ready = new Promise<Line>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      if (line.msg === 'ready') resolve(line);
    });
    exited.then(() => reject(new Error('it ended before it was ready')), reject);
  });
  const { http, admin } = await ready;
  return { child, lines, exited, http: `http://${String(http)}`, admin: `http://${String(admin)}` };
}

test('the example of an HTTP service', async () => {
  const { child, lines, exited, http, admin } = await start();
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  expect(await (await fetch(`${http}/orders/1`, { headers })).json()).toEqual({ id: 1, item: 'chair' });
  expect((await fetch(`${http}/orders/none`)).status).toBe(404);
  expect(await (await fetch(`${http}/orders/1/price`, { headers })).json()).toEqual({ price: 75 });
  expect((await fetch(`${admin}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain('http_requests_total{method="GET",route="/orders/:id",status_code="200"} 1');
  expect(metrics).toContain('http_requests_total{method="GET",route="/prices/:item",status_code="200"} 1');
  expect(metrics).toContain('downstream_calls_total{downstream="prices",result="success"} 1');

  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(lines.find(({ msg }) => msg === 'order read')).toMatchObject({
    correlation_id: trace,
    item: 'chair',
  });
  expect(lines.at(-1)).toMatchObject({ msg: 'drained' });
  expect(lines.every((line) => typeof line['correlation_id'] === 'string')).toBe(true);
});

test('what the README begins with', async () => {
  const readme = await readFile(join(kit, 'README.md'), 'utf8');
  const [, code = ''] = /```js\n([^]*?)```/.exec(readme) ?? [];
  expect(code).toContain("'127.0.0.1:8080'");
  expect(code.trimEnd().split('\n').length).toBeLessThan(25);
  // Below the root of the repository, where the packages are found.
  const directory = await mkdtemp(join(kit, '../node_modules/.kit-readme-'));
  try {
    const program = join(directory, 'server.mjs');
    await writeFile(program, code.replace('127.0.0.1:8080', '127.0.0.1:0'));
    const { child, exited, lines, http, admin } = await start({}, program);
    expect(await (await fetch(`${http}/orders/7`)).json()).toEqual({ id: '7' });
    for (const path of ['/metrics', '/readyz', '/api/v1/cheer']) {
      expect((await fetch(`${admin}${path}`)).status).toBe(200);
    }
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(lines.map(({ msg }) => msg)).toEqual(['ready', 'order read', 'draining', 'drained']);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('a handle that is left open does not keep the process, nor does a collector that is dead', async () => {
  const { child, exited, http } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  await (await fetch(`${http}/orders/1`)).text();
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
});

test('Ctrl-C that comes twice, as npm passes on what the terminal has sent already, drains it', async () => {
  const { child, lines, exited } = await start({ SELFCHEER_READINESS_LAG_SECONDS: '0.5' });
  child.stdout?.once('data', () => child.kill('SIGINT'));
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
  expect(lines.at(-1)).toMatchObject({ msg: 'drained' });
});

test('a second signal ends it at once', async () => {
  const { child, exited } = await start({ SELFCHEER_READINESS_LAG_SECONDS: '600' });
  child.kill('SIGTERM');
  // It has seen the first once it says that it drains.
  await new Promise<void>((resolve) => {
    child.stdout?.once('data', () => resolve());
  });
  child.kill('SIGTERM');
  expect(await exited).toEqual([1, null]);
});
