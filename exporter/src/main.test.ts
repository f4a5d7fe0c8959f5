import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeLine } from './publish/log-line';
import { segmentPath, topicDirectory } from './publish/log-segments';

/** The built command as users run it; `npm test` builds before it tests. */
const bin = join(__dirname, '../bin/selfcheer.js');
const bound = 30_000;

let cwd: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-main-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(cwd, { recursive: true, force: true });
});

function selfcheer(...argv: readonly string[]): ChildProcess {
  return start({}, ...argv);
}

function start(given: Readonly<Record<string, string>>, ...argv: readonly string[]): ChildProcess {
  const ports = {
    SELFCHEER_HTTP: '127.0.0.1:0',
    SELFCHEER_GRPC: '127.0.0.1:0',
    SELFCHEER_ADMIN: '127.0.0.1:0',
  };
  const env = { PATH: process.env['PATH'], ...ports, ...given };
  const child = spawn(process.execPath, [bin, ...argv], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}

async function exit(child: ChildProcess): Promise<number | string> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? String(signal);
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  while (!text.includes('\n')) {
    const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    text += chunk.toString();
  }
  return text.slice(0, text.indexOf('\n'));
}

test(
  'prints its version',
  async () => {
    const child = selfcheer('--version');
    const [out, code] = await Promise.all([read(child.stdout), exit(child)]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  },
  bound,
);

test(
  'a wrong configuration is exit code 2, with nothing on standard output',
  async () => {
    writeFileSync(join(cwd, 'selfcheer.yaml'), 'htpp: 127.0.0.1:0\n');
    const child = selfcheer('start');
    const [out, err, code] = await Promise.all([read(child.stdout), read(child.stderr), exit(child)]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('htpp is no setting; did you mean http? (selfcheer.yaml:1)');
  },
  bound,
);

test(
  'a data directory that can not be made is exit code 2, at once',
  async () => {
    // Under /proc making a directory fails in a way on which Node's recursive mkdir never ends.
    writeFileSync(join(cwd, 'selfcheer.yaml'), 'dataDir: /proc/selfcheer/data\n');
    const child = selfcheer('start');
    const [err, code] = await Promise.all([read(child.stderr), exit(child)]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("selfcheer: The data directory /proc/selfcheer/data can't be used"),
    ]);
    expect(err).not.toMatch(/\n\s+at /);
  },
  bound,
);

test(
  'a port in use is exit code 1, said once with the setting that moves it',
  async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    writeFileSync(join(cwd, 'selfcheer.yaml'), 'logLevel: silent\n');
    for (const variable of ['SELFCHEER_HTTP', 'SELFCHEER_GRPC', 'SELFCHEER_ADMIN']) {
      const child = start({ [variable]: address }, 'start');
      const [err, code] = await Promise.all([read(child.stderr), exit(child)]);
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(`^selfcheer: Can't listen on ${address} .*${variable}\\.\\n$`),
      ]);
    }
    other.close();
  },
  bound,
);

test.each(['SIGTERM', 'SIGINT'] as const)(
  'start is ready, serves, and drains on %s with exit code 0',
  async (signal) => {
    const child = selfcheer('start');
    const ready = JSON.parse(await firstLine(child)) as {
      msg: string;
      http: string;
      admin: string;
      sink: string;
    };
    expect(ready).toMatchObject({ msg: 'ready', sink: 'log' });
    const sending = selfcheer('send', '-', '--url', `http://${ready.http}`, '--json', '-q');
    sending.stdin?.end('{"a":1}\n{"a":2}\n');
    expect(JSON.parse(await read(sending.stdout))).toMatchObject({ accepted: 2, rejected: 0 });
    child.kill(signal);
    expect(await exit(child)).toBe(0);
  },
  bound,
);

test(
  'Ctrl-C that comes twice, as npm passes on what the terminal has sent already, drains it',
  async () => {
    const child = start({ SELFCHEER_READINESS_LAG_SECONDS: '0.5' }, 'start');
    await firstLine(child);
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      if (!log.includes('"draining"') && String(chunk).includes('"draining"')) child.kill('SIGINT');
      log += String(chunk);
    });
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    expect([code, log]).toEqual([0, expect.stringContaining('"drained"')]);
  },
  bound,
);

test(
  'start ends, drained, while a collector hangs',
  async () => {
    const hung = createServer((socket) => void socket.on('error', () => undefined).unref());
    hung.listen(0, '127.0.0.1').unref();
    await once(hung, 'listening');
    const collector = `http://127.0.0.1:${(hung.address() as AddressInfo).port}`;
    const child = start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector, OTEL_BSP_SCHEDULE_DELAY: '50' }, 'start');
    const log = read(child.stderr);
    const { http } = JSON.parse(await firstLine(child)) as { http: string };
    const asked = once(hung, 'connection');
    const headers = { 'content-type': 'application/json' };
    const body = '{"event_id":"a","payload":1}';
    expect((await fetch(`http://${http}/v1/events`, { method: 'POST', headers, body })).status).toBe(202);
    await asked;
    child.kill('SIGTERM');
    expect(await exit(child)).toBe(0);
    expect(await log).toContain('"msg":"drained"');
    hung.close();
  },
  bound,
);

test(
  'a command whose reader leaves ends quietly',
  async () => {
    const directory = topicDirectory(join(cwd, 'data'), 'events');
    mkdirSync(directory, { recursive: true });
    const message = { lane: 0, key: 'k', value: Buffer.from(JSON.stringify('x'.repeat(1000))), headers: {} };
    const lines = Array.from({ length: 5000 }, (_, seq) =>
      encodeLine({ ...message, seq }, '2026-01-01T00:00:00.000Z'),
    );
    writeFileSync(segmentPath(directory, 1), Buffer.concat(lines));
    const child = selfcheer('tail', '--from', 'start');
    await firstLine(child);
    child.stdout?.destroy();
    const [err, code] = await Promise.all([read(child.stderr), exit(child)]);
    expect([code, err]).toEqual([0, '']);
  },
  bound,
);

test(
  'a release gate whose reader leaves, or whose output has no room, does not look like a pass or a failure',
  async () => {
    const argv = ['verify', '--target', 'http://127.0.0.1:1', '--release', '1', '--timeout', '30s'];
    const unread = selfcheer(...argv);
    unread.stdout?.destroy();
    const full = openSync('/dev/full', 'w');
    const unwritten = spawn(process.execPath, [bin, ...argv], { cwd, stdio: ['ignore', full, 'pipe'] });
    closeSync(full);
    children.push(unwritten);
    const [err, ...codes] = await Promise.all([read(unwritten.stderr), exit(unread), exit(unwritten)]);
    expect([codes, err]).toEqual([[3, 3], expect.stringContaining('ENOSPC')]);
  },
  bound,
);

test(
  'Ctrl-C ends a send that waits for input, with its summary',
  async () => {
    const child = selfcheer('send', '-', '--url', 'http://127.0.0.1:1');
    const err = read(child.stderr);
    child.stdin?.write('{"a":1}\n');
    // It is under way once it says why it waits.
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    child.kill('SIGINT');
    const [out, code] = await Promise.all([read(child.stdout), exit(child)]);
    expect([code, out]).toEqual([1, expect.stringContaining('Ended early. Sent 0 events')]);
    expect(await err).toContain('ECONNREFUSED');
  },
  bound,
);

test(
  'kill -9 in the middle: the rerun goes on from the checkpoint and nothing is sent out of thin air',
  async () => {
    const service = selfcheer('start');
    const { http, admin } = JSON.parse(await firstLine(service)) as { http: string; admin: string };
    const rows = Array.from({ length: 20_000 }, (_, id) => `{"id":${id}}`).join('\n');
    writeFileSync(join(cwd, 'rows.ndjson'), rows);
    const argv = [
      'send',
      'rows.ndjson',
      '--url',
      `http://${http}`,
      '--id-field',
      'id',
      '--checkpoint',
      'progress',
    ];
    const first = selfcheer(...argv, '--rate', '5000', '-q');
    // It ends by itself after four seconds: without a checkpoint by then there would never be one.
    while (!existsSync(join(cwd, 'progress')) && first.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(first.exitCode).toBeNull();
    first.kill('SIGKILL');
    await exit(first);
    const rerun = selfcheer(...argv, '--json', '-q');
    const summary = JSON.parse(await read(rerun.stdout)) as {
      sent: number;
      skipped: number;
      rejected: number;
    };
    expect(summary.skipped).toBeGreaterThanOrEqual(1000);
    expect(summary.sent + summary.skipped).toBe(20_000);
    expect(summary.rejected).toBe(0);
    // What is still in the outbox when the service ends stays there: wait until all is published.
    const scrape = async (): Promise<string> => (await fetch(`http://${admin}/metrics`)).text();
    while (!/^store_bytes 0$/m.test(await scrape())) await new Promise((resolve) => setTimeout(resolve, 50));
    service.kill('SIGTERM');
    expect(await exit(service)).toBe(0);
    const tail = selfcheer('tail', '--from', 'start', '--json');
    const published = (await read(tail.stdout)).trim().split('\n');
    expect(new Set(published.map((line) => (JSON.parse(line) as { key: string }).key)).size).toBe(20_000);
    expect(published).toHaveLength(20_000);
  },
  2 * bound,
);
