import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceProcess } from './service-process';

jest.setTimeout(30_000);

const started: ServiceProcess[] = [];
const strays: number[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.dispose()));
  for (const pid of strays.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone, as it should be.
    }
  }
});

function run(script: string): ServiceProcess {
  const one = new ServiceProcess({
    command: [process.execPath, '-e', script],
    env: process.env,
    cwd: __dirname,
  });
  started.push(one);
  return one;
}

async function linesOf(script: string): Promise<readonly string[]> {
  const one = run(script);
  await one.exited;
  return one.lines();
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Starts another process that keeps standard output, tells its id and ends itself. */
const leaves = (options: object): string => `
  const { spawn } = require('node:child_process');
  const options = { stdio: 'inherit', ...${JSON.stringify(options)} };
  const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], options);
  process.stdout.write(pid + '\\n', () => process.exit(4));
`;

describe('what it writes', () => {
  it('is taken line by line, whatever the pieces that it comes in', async () => {
    const script = `
      const bytes = Buffer.from('caf\\u00e9\\r\\n\\nlast');
      process.stdout.write(bytes.subarray(0, 4));
      setTimeout(() => process.stdout.write(bytes.subarray(4)), 50);
    `;
    expect(await linesOf(script)).toEqual(['café', '', 'last']);
  });

  it('is cut where a line does not end', async () => {
    const script = `
      process.stderr.write('e'.repeat(300000) + '\\nnext\\n', () => {
        process.stdout.write('x'.repeat(3000000));
      });
    `;
    const lines = await linesOf(script);
    expect(lines.map((line) => [line[0], line.length])).toEqual([
      ['e', 65_536],
      ['n', 4],
      ['x', 65_536],
    ]);
  });

  it('is forgotten from the beginning on when it is too much', async () => {
    const lines = await linesOf(`
      const one = 'x'.repeat(60000) + '\\n';
      const write = (n) => process.stdout.write(n < 600 ? n + one : 'end', () => n < 600 && write(n + 1));
      write(0);
    `);
    expect(lines.at(-1)).toBe('end');
    expect(lines.at(-2)).toMatch(/^599x/);
    const kept = lines.reduce((sum, line) => sum + line.length, 0);
    expect(kept).toBeLessThanOrEqual(16 * 2 ** 20);
    expect(kept).toBeGreaterThan(15 * 2 ** 20);
  });

  it('is told in short when it can not be checked', () => {
    const one = run(`console.error('x'.repeat(50000))`);
    return one.exited.then(() => expect(one.failure('ended').message.length).toBeLessThan(2_000));
  });

  it('has a start line of which only addresses are taken', async () => {
    const line = (entry: object): string => `console.log(${JSON.stringify(JSON.stringify(entry))});`;
    const nonsense = run(line({ msg: 'ready', http: 'not a host', admin: '::::' }));
    await nonsense.exited;
    expect(nonsense.startLine).toEqual({});
    const good = run(
      line({ msg: 'ready', http: '[::1]:80', admin: 'http://127.0.0.1:9464', grpc: 7 }) +
        line({ msg: 'ready' }),
    );
    await good.exited;
    expect(good.startLine).toEqual({ http: '[::1]:80', admin: 'http://127.0.0.1:9464' });
  });
});

describe('its end', () => {
  it('is not held up by what it left behind in a session of its own', async () => {
    const one = run(leaves({ detached: true }));
    expect(await one.exited).toEqual({ code: 4, signal: null });
    const pid = Number(one.lines()[0]);
    strays.push(pid);
    expect(lives(pid)).toBe(true);
  });

  it('is that of what it left behind in its group, too', async () => {
    const one = run(leaves({}));
    expect(await one.exited).toEqual({ code: 4, signal: null });
    const pid = Number(one.lines()[0]);
    strays.push(pid);
    for (let tries = 0; lives(pid) && tries < 200; tries++) await sleep(10);
    expect(lives(pid)).toBe(false);
  });

  it('is told of a command that is not there', async () => {
    const one = new ServiceProcess({ command: ['/no/such/program'], env: {}, cwd: __dirname });
    expect(await one.exited).toEqual({ code: null, signal: null });
    expect(one.lines()).toEqual([expect.stringContaining('ENOENT')]);
  });
});
