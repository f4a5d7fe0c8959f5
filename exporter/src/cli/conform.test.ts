import { join } from 'node:path';
import { runIn, type Given, type Outcome } from '../../test/helpers/cli';
import * as run from '../conform/run';
import type { Fault } from '../../test/helpers/conform/faults';
import { startConformService } from '../../test/helpers/conform/service';

jest.mock<typeof run>('../conform/run', () => {
  const actual = jest.requireActual<typeof run>('../conform/run');
  return { ...actual, runConform: jest.fn(actual.runConform) };
});
jest.setTimeout(60_000);

const main = join(__dirname, '../../test/helpers/conform/main.ts');
const command = ['--', process.execPath, '-r', require.resolve('tsx/cjs'), main];
const env = process.env as Record<string, string>;

/** Checks a service that runs already, with these faults. */
async function checked(faults: readonly Fault[], ...words: readonly string[]): Promise<Outcome> {
  const service = await startConformService(faults, () => undefined);
  const [path = '/', ...flags] = words;
  try {
    return await runIn(__dirname, [
      'conform',
      `http://${service.http}${path}`,
      '--admin',
      service.admin,
      ...flags,
    ]);
  } finally {
    service.close();
  }
}

const conform = (words: readonly string[], given: Given = {}): Promise<Outcome> =>
  runIn(__dirname, ['conform', ...words], { env, ...given });

describe('selfcheer conform', () => {
  it('exits with 0 when everything was checked and is good', async () => {
    const { code, out, err } = await conform(['http://127.0.0.1:0/orders/{id}', ...command]);
    expect(err).toBe('');
    expect(out).toMatch(/^ok {5}liveness {11}200 {"status":"ok"}$/m);
    expect(out).toMatch(/\norders 1\.2\.0 conforms: 21 of 21 met, 0 missed, 0 not checked\.\n$/);
    expect(code).toBe(0);
  });

  it('exits with 1 at a miss, and says what to do', async () => {
    const { code, out } = await checked(['metric missing'], '/orders/{id}');
    expect(out).toMatch(
      /^MISSED required-metrics\n {7}expected: .+\n {7}seen: {5}cheer_shed_total is not there\n {7}to do: {4}Create .+$/m,
    );
    expect(out).toMatch(/\norders 1\.2\.0 does not conform: 11 of 21 met, 1 missed, 9 not checked\.\n$/);
    expect(code).toBe(1);
  });

  it('exits with 3 when not everything could be checked, and says how', async () => {
    const { code, out } = await checked([], '/orders/{id}');
    expect(out).toMatch(
      /^- {6}route-span +not checked: only a service that is started here .+put its command at the end/m,
    );
    expect(out).toContain('misses nothing, but not everything was checked: 12 of 21 met');
    expect(code).toBe(3);
  });

  it('tells scripts the same', async () => {
    const { code, out } = await checked(['no exemplar'], '/orders', '--body', '{"item":{id}}', '--json');
    expect(code).toBe(1);
    const report = JSON.parse(out) as { checks: { id: string }[] };
    expect(report).toMatchObject({ service: 'orders', verdict: 'misses', met: 11, missed: 1, unchecked: 9 });
    expect(report.checks.find(({ id }) => id === 'exemplars')).toMatchObject({
      status: 'missed',
      seen: [expect.stringMatching(/^none of \d+ sampled trace ids; 0 other exemplars$/)],
      mend: expect.any(String) as string,
    });
  });

  it.each<[string, readonly string[], RegExp]>([
    [
      'a service that is not there',
      ['http://127.0.0.1:1/', '--admin', '127.0.0.1:1'],
      /No admin port answers at .*--admin/,
    ],
    [
      'a command that does not start',
      ['http://127.0.0.1:0/', '--', '/no/such/program'],
      /ended before it was ready.*ENOENT/,
    ],
  ])('exits with 3 at %s', async (_name, words, says) => {
    const { code, out, err } = await conform(words, { env: { ...env, SELFCHEER_ADMIN: '127.0.0.1:0' } });
    expect([code, out]).toEqual([3, '']);
    expect(err.replace(/\n/g, ' ')).toMatch(says);
  });

  it('exits with 3 at a route that answers badly', async () => {
    const { code, err } = await checked([], '/nothing', '--method', 'post');
    expect(code).toBe(3);
    expect(err).toMatch(/POST http:.*\/nothing was answered 404.*\n.*--method, --header and --body/);
  });

  it('does not take the service of somebody else for the one that it starts', async () => {
    const service = await startConformService([], () => undefined);
    const { code, err } = await conform([`http://${service.http}/orders/{id}`, ...command]);
    service.close();
    expect(code).toBe(3);
    expect(err).toContain(`Something answers at http://${service.http} already`);
  });

  it('exits with 3 when it is interrupted', async () => {
    const stop = new AbortController();
    const running = conform(['http://127.0.0.1:0/orders/{id}', ...command], { signal: stop.signal });
    setTimeout(() => stop.abort('SIGINT'), 500);
    const { code, err } = await running;
    expect([code, err]).toEqual([3, 'selfcheer: not checked: interrupted\n']);
  });

  it('exits with 3 at a start line that makes no sense', async () => {
    const line = JSON.stringify(JSON.stringify({ msg: 'ready', http: 'not a host', admin: '::::' }));
    const { code, out, err } = await conform(
      ['http://127.0.0.1:0/', '--', process.execPath, '-e', `console.log(${line})`],
      { env: { ...env, SELFCHEER_ADMIN: '127.0.0.1:0' } },
    );
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/^selfcheer: not checked: The command ended before it was ready/);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('exits with 3 and the reason when something fails that never should', async () => {
    jest.mocked(run.runConform).mockRejectedValueOnce(new TypeError('x is not a function'));
    const { code, err } = await conform(['http://127.0.0.1:1/']);
    expect([code, err]).toEqual([3, 'selfcheer: not checked: x is not a function\n']);
  });

  it('exits with 2 at a SELFCHEER_ADMIN that is no address', async () => {
    const { code, err } = await conform(['http://127.0.0.1:1/'], { env: { SELFCHEER_ADMIN: '::::' } });
    expect([code, err]).toEqual([2, expect.stringContaining('SELFCHEER_ADMIN :::: is not an address')]);
  });

  it.each([
    ['an empty command', ['http://127.0.0.1:1/', '--', '']],
    ['what is no URL', ['orders']],
    ['another protocol', ['ftp://127.0.0.1/']],
    ['port 0 without a command', ['http://127.0.0.1:0/']],
    ['what is no header', ['http://127.0.0.1/', '--header', 'x']],
    ['what is no method', ['http://127.0.0.1/', '--method', 'a b']],
    ['what is no admin address', ['http://127.0.0.1/', '--admin', 'http://']],
    ['what is no time', ['http://127.0.0.1/', '--drain-seconds', 'soon']],
  ])('exits with 2 at %s', async (_name, words) => {
    expect((await conform(words)).code).toBe(2);
  });
});
