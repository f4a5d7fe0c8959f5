import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collect, runIn, type Given, type Outcome } from '../../test/helpers/cli';
import { eventually } from '../../../cheer-kit/test/wait';

const cli = (argv: readonly string[], given?: Given): Promise<Outcome> =>
  runIn(__dirname, ['sidecar', ...argv], given);

test('--help says how to name services and where the key goes', async () => {
  const { code, out } = await cli(['--help']);
  expect(code).toBe(0);
  for (const word of [
    '--target <url[=name]>',
    '--listen',
    '127.0.0.1:9465',
    'SELFCHEER_API_KEY',
    'SELFCHEER_RECORD_KEY',
    'GRAFANA_TOKEN',
    '--data-dir <dir>',
    '--grafana <url>',
    '--changelog <file>',
    'Examples:',
  ])
    expect(out).toContain(word);
});

test.each<[string[], Record<string, string>, string]>([
  [[], {}, 'Name the services to look at'],
  [['--target', 'http://a=x', '--target', 'http://b=x'], {}, 'Two targets are named x'],
  [['--target', 'http://a', '--listen', '0.0.0.0:0'], {}, 'Refusing to serve'],
  [['--target', 'http://a', '--listen', '9465'], {}, '--listen'],
  [['--target', 'http://a', '--grafana', 'grafana:3000'], {}, 'must begin with http'],
  [['--target', 'http://a', '--data-dir', 'sidecar.test.ts'], {}, "can't be used"],
  [['--target', 'http://a'], { LOG_LEVEL: 'loud' }, 'LOG_LEVEL loud must be one of trace, debug'],
])('%j with %j is wrong usage', async (argv, env, message) => {
  const { code, out, err } = await cli(argv, { env });
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(message);
});

test('says where it is in one line of JSON, serves, and ends on the signal', async () => {
  const stop = new AbortController();
  const stdout = collect();
  const keys: (string | undefined)[] = [];
  const target = createServer((request, response) => {
    keys.push(request.headers.authorization);
    response.end('{}');
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const { port } = target.address() as AddressInfo;
  try {
    const outcome = cli(['-t', `127.0.0.1:${port}=orders`, '--listen', '127.0.0.1:0'], {
      env: { SELFCHEER_API_KEY: 'k', LOG_LEVEL: 'silent' },
      ...{ stdout, signal: stop.signal },
    });
    await eventually(() => stdout.text.endsWith('\n'));
    const ready = JSON.parse(stdout.text) as { admin: string };
    expect(ready).toEqual({
      msg: 'ready',
      admin: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      targets: ['orders'],
    });
    expect((await fetch(`http://${ready.admin}/readyz`)).status).toBe(200);
    await eventually(() => keys.length > 0);
    expect(keys[0]).toBe('Bearer k');
    stop.abort('SIGTERM');
    expect(await outcome).toMatchObject({ code: 0, err: '' });
    await expect(fetch(`http://${ready.admin}/readyz`)).rejects.toThrow();
  } finally {
    target.closeAllConnections();
    target.close();
  }
});
