import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../../cheer-kit/test/wait';
import { Buildah } from './buildah';
import { configOf, standInBuild, type ImageConfig } from './stand-in-build';

const nonroot = 65532;
const folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-image-'));
const data = path.join(folder, 'data');
const buildah = new Buildah();
const running: ChildProcess[] = [];
let exporter: string;
let sidecar: string;
let config: ImageConfig;
let container: string;

beforeAll(async () => {
  ({ exporter, sidecar } = await standInBuild(buildah, folder));
  config = await configOf(buildah, exporter);
  container = await buildah.run('from', '--pull-never', exporter);
  mkdirSync(data);
  chownSync(data, nonroot, nonroot);
}, 500_000);

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await buildah.dispose();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Starts a command in the container, as the user and with the environment of the image. */
function start(...command: readonly string[]): ChildProcess {
  const ports = ['HTTP', 'GRPC', 'ADMIN'].flatMap((name) => ['--env', `SELFCHEER_${name}=127.0.0.1:0`]);
  const child = spawn(
    'buildah',
    buildah.arguments('run', '--volume', `${data}:/data`, ...ports, container, '--', ...command),
    { env: buildah.environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  running.push(child);
  return child;
}

/** The process of the image's Node, among those below buildah's. */
function programBelow(pid: number): number | undefined {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1]);
      if (parent !== pid) continue;
      if (readlinkSync(`/proc/${entry}/exe`).endsWith('/nodejs/bin/node')) return Number(entry);
      const below = programBelow(Number(entry));
      if (below !== undefined) return below;
    } catch {
      // It ended meanwhile.
    }
  }
  return undefined;
}

async function output(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += String(chunk)));
  child.stderr?.on('data', (chunk: Buffer) => (text += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

test('the images say how they are run', async () => {
  expect(config.User).toBe(String(nonroot));
  expect(Object.keys(config.ExposedPorts).toSorted()).toEqual(['50051/tcp', '8080/tcp', '9464/tcp']);
  expect(Object.keys(config.Volumes)).toEqual(['/data']);
  expect(config.Healthcheck.Test.slice(0, 2)).toEqual(['CMD', '/nodejs/bin/node']);
  const beside = await configOf(buildah, sidecar);
  expect([beside.User, Object.keys(beside.ExposedPorts)]).toEqual([String(nonroot), ['9465/tcp']]);
  expect([...beside.Entrypoint, ...beside.Cmd].slice(1)).toEqual([
    'exporter/bin/selfcheer.js',
    ...['sidecar', '--help'],
  ]);
});

test('nothing of the build is left in it, and only the data can be written', async () => {
  const files = await buildah.mount(container);
  expect(
    ['bin/sh', 'app/node_modules/typescript', 'app/node_modules/jest', 'app/exporter/src'].filter((name) =>
      existsSync(path.join(files, name)),
    ),
  ).toEqual([]);
  const script =
    "for (const f of ['/app/x', '/data/x']) try { require('fs').writeFileSync(f, ''); console.log('written', f) } catch (e) { console.log(e.code, f) }; require('fs').rmSync('/data/x')";
  const { text } = await output(start('/nodejs/bin/node', '-e', script));
  expect(text.trim().split('\n')).toEqual(['EACCES /app/x', 'written /data/x']);
});

test('it runs without root, acknowledges, drains at SIGTERM and has lost nothing', async () => {
  const child = start(...config.Entrypoint, ...config.Cmd);
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => (log += String(chunk)));
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const died = ended.then(() => Promise.reject(new Error(`it ended before it was ready:\n${log}`)));
  const [first] = (await Promise.race([once(lines, 'line'), died])) as [string];
  const ready = JSON.parse(first) as { http: string; admin: string };

  const pid = programBelow(child.pid as number) as number;
  expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(
    new RegExp(`^Uid:\\t${nonroot}\\t${nonroot}\\t`, 'm'),
  );

  const answer = await fetch(`http://${ready.http}/v1/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([1, 2, 3].map((n) => ({ event_id: `image-${n}`, payload: { n } }))),
  });
  expect([answer.status, await answer.json()]).toEqual([202, expect.objectContaining({ accepted: 3 })]);

  const [, ...check] = config.Healthcheck.Test;
  const asked = check.map((part) => part.replace('127.0.0.1:9464', ready.admin));
  expect(asked.join(' ')).toContain(ready.admin);
  expect((await output(start(...asked))).code).toBe(0);

  process.kill(pid, 'SIGTERM');
  await eventually(() => log.includes('"draining"'));
  expect([await ended, log]).toEqual([[0, null], expect.stringContaining('"drained"')]);

  const kept = await output(start(...config.Entrypoint, 'tail', '--json'));
  for (const n of [1, 2, 3]) expect(kept.text).toContain(`image-${n}`);
});
