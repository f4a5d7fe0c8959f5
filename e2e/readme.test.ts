import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { runCli, root } from './helpers/exporter-process';
import { type Message, ReflectedClient } from './helpers/reflected-client';

// The README names the default ports, so this is the one test that uses them.
const ports = [8080, 50051, 9464] as const;
const grpcPort = '127.0.0.1:50051';
const startTimeoutMs = 90_000;

interface CommandOutput {
  readonly code: number;
  readonly out: string;
}

let dataDir: string;
let npm: ChildProcess;
let commands: string[];
let readyLine: string;
let npmLog = '';

/** The command lines of the README's `sh` blocks; a line that ends with a backslash goes on. */
async function readCommands(): Promise<string[]> {
  const text = await readFile(path.join(root, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.trimEnd().split(/(?<!\\)\n/));
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}

function paste(command: string): Promise<CommandOutput> {
  const options = {
    cwd: root,
    env: { ...process.env, SELFCHEER_DATA_DIR: dataDir, npm_config_update_notifier: 'false' },
    timeout: 60_000,
  };
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], options, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({ code, out: code === 0 ? stdout : `${stdout}${stderr}` });
    });
  });
}

function commandsOf(program: string): string[] {
  return commands.filter((command) => command.startsWith(`${program} `));
}

/** The one command with this text in it, run as it stands; fails when the README has none or several such. */
async function pasteThe(program: string, text: string): Promise<string> {
  const found = commandsOf(program).filter((command) => command.includes(text));
  if (found.length !== 1)
    throw new Error(`${found.length} commands of ${program} with ${text} in the README`);
  const { code, out } = await paste(found[0]!);
  if (code !== 0) throw new Error(`${found[0]} ended with ${code}: ${out}`);
  return out;
}

async function hasGrpcurl(): Promise<boolean> {
  return (await paste('command -v grpcurl')).code === 0;
}

/** What grpcurl would do with the README's line, where there is no grpcurl. */
async function playGrpcurl(text: string): Promise<Message> {
  const [command = ''] = commandsOf('grpcurl').filter((one) => one.includes(text));
  const [, data = '{}', address = '', method = ''] =
    /^grpcurl -plaintext(?: -d '([^']*)')? (\S+) (\S+)$/.exec(command) ?? [];
  const client = await ReflectedClient.connect(address);
  try {
    return await client.unary(method, JSON.parse(data) as Message);
  } finally {
    client.close();
  }
}

beforeAll(async () => {
  const taken: number[] = [];
  for (const port of ports) if (!(await isFree(port))) taken.push(port);
  if (taken.length > 0) {
    throw new Error(
      `The README's examples need the ports ${ports.join(', ')}; taken: ${taken.join(', ')}. Free them.`,
    );
  }
  commands = await readCommands();
  dataDir = await mkdtemp(path.join(tmpdir(), 'selfcheer-readme-'));
  // Its own process group, so that nothing of it outlives this test, however that ends.
  npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, SELFCHEER_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  npm.stderr?.setEncoding('utf8').on('data', (chunk: string) => (npmLog += chunk));
  const lines = createInterface({ input: npm.stdout! });
  const signal = AbortSignal.timeout(startTimeoutMs);
  readyLine = await new Promise<string>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`npm start was not ready in time: ${npmLog}`)));
    npm.once('exit', (code) => reject(new Error(`npm start ended with ${code}: ${npmLog}`)));
    // npm says first what it runs, and the build what is wrong.
    lines.on('line', (line) => (line.startsWith('{') ? resolve(line) : (npmLog += `${line}\n`)));
  });
}, startTimeoutMs + 10_000);

afterAll(async () => {
  if (npm?.pid !== undefined) {
    try {
      process.kill(-npm.pid, 'SIGKILL');
    } catch {
      // It has ended, as it should have.
    }
  }
  if (dataDir) await rm(dataDir, { recursive: true, force: true });
});

test('the two commands stand at the top', () => {
  expect(commands.slice(0, 2)).toEqual([
    expect.stringMatching(/^npm ci && npm start\b/),
    expect.stringMatching(/^npm ci && npm test\b/),
  ]);
});

test('npm start says where it is, on the ports that the README names', () => {
  expect(JSON.parse(readyLine)).toEqual({
    msg: 'ready',
    http: '127.0.0.1:8080',
    grpc: grpcPort,
    admin: '127.0.0.1:9464',
    sink: 'log',
  });
});

test('curl: one event is accepted, and the second time a duplicate', async () => {
  expect(JSON.parse(await pasteThe('curl', '/v1/events'))).toMatchObject({
    accepted: 1,
    duplicates: 0,
    rejected: 0,
    results: [{ event_id: 'order-1', status: 'accepted', revision: 1 }],
    cheer: { state: expect.stringMatching(/^(warming|green|yellow)$/) },
  });
  expect(JSON.parse(await pasteThe('curl', '/v1/events'))).toMatchObject({ accepted: 0, duplicates: 1 });
});

test('the answer that the README shows has the members that there are', async () => {
  const text = await readFile(path.join(root, 'README.md'), 'utf8');
  const shown = JSON.parse(/^```json\n([^`]*)\n```$/m.exec(text)?.[1] ?? '') as Message;
  const answer = JSON.parse(await pasteThe('curl', '/v1/events')) as Message;
  expect(Object.keys(answer)).toEqual(Object.keys(shown));
});

test('curl: the cheer', async () => {
  expect(JSON.parse(await pasteThe('curl', '/api/v1/cheer'))).toMatchObject({
    state: expect.stringMatching(/^(warming|green|yellow)$/),
    reasons: expect.any(Array),
    conditions: expect.any(Array),
  });
});

test('grpcurl, or what does the same: an event, and the cheer', async () => {
  const real = await hasGrpcurl();
  if (!real && process.env['CI'] === 'true') throw new Error('grpcurl is missing; e2e/run builds it');
  const play = async (text: string): Promise<Message> =>
    real ? (JSON.parse(await pasteThe('grpcurl', text)) as Message) : playGrpcurl(text);
  const first = await play('IngestService/Ingest');
  expect(first).toMatchObject({ event_id: 'order-2', status: 'EVENT_STATUS_ACCEPTED' });
  expect(await play('IngestService/Ingest')).toMatchObject({
    duplicate: true,
    status: 'EVENT_STATUS_DUPLICATE',
  });
  expect(await play('CheerService/GetCheer')).toMatchObject({
    state: expect.stringMatching(/^CHEER_STATE_(WARMING|GREEN|YELLOW)$/),
    conditions: expect.any(Array),
  });
});

test('a client of any language has the contract from reflection', async () => {
  const client = await ReflectedClient.connect(grpcPort);
  const answer = await client.unary('selfcheer.v1.CheerService/GetCheer', {});
  client.close();
  expect(answer).toMatchObject({ conditions: expect.any(Array) });
});

test('no curl or grpcurl line of the README is left out here', () => {
  expect(commandsOf('curl')).toHaveLength(2);
  expect(commandsOf('grpcurl')).toHaveLength(2);
});

test('npx selfcheer send and tail', async () => {
  expect(await pasteThe('npx', 'earthquakes.json')).toMatch(
    /^Sent 1,707 events .* 1,707 accepted, 0 duplicates, 0 rejected/,
  );
  const tail = await pasteThe('npx', 'selfcheer tail');
  expect(tail.trimEnd().split('\n')).toHaveLength(5);
});

test('the live page is there', async () => {
  const answer = await fetch('http://127.0.0.1:9464');
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('<html');
});

test('SIGTERM ends npm start cleanly, and the store with it', async () => {
  const ended = once(npm, 'exit', { signal: AbortSignal.timeout(30_000) }) as Promise<
    [number | null, NodeJS.Signals | null]
  >;
  npm.kill('SIGTERM');
  const [code, signal] = await ended;
  expect(code ?? signal).toBe(0);
  for (const port of ports) expect(await isFree(port)).toBe(true);
  const { stdout } = await runCli(['store', 'check', '--data-dir', dataDir, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, clean: true });
}, 60_000);
