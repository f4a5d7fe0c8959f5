import { join } from 'node:path';
import { collectorFaults, type Fault } from '../../test/helpers/conform/faults';
import { runConform, type Report } from './run';
import type { ConformOptions } from './start-up';

const main = join(__dirname, '../../test/helpers/conform/main.ts');
const loader = require.resolve('tsx/cjs');
jest.setTimeout(120_000);
const limits = { waitMs: 10_000, quietMs: 30, drainMs: 4_000, collectorMs: 1_500 };

function conform(faults: readonly Fault[], options: Partial<ConformOptions> = {}): Promise<Report> {
  return runConform(
    {
      route: { url: 'http://127.0.0.1:0/orders/{id}', headers: {} },
      command: [process.execPath, '-r', loader, main],
      slow: '/slow',
      env: { ...process.env, FAULTS: faults.join(',') },
      cwd: __dirname,
      limits,
      signal: new AbortController().signal,
      ...options,
    },
    () => undefined,
  );
}

const notMet = ({ results }: Report): string[] =>
  results
    .filter(({ finding }) => finding.status !== 'met')
    .map(({ id, finding }) => `${finding.status} ${id}`);

describe('a service that is started', () => {
  it('conforms from its start to its end', async () => {
    const report = await conform([]);
    expect(report.results.filter(({ finding }) => finding.status !== 'met')).toEqual([]);
    expect(report).toMatchObject({ service: 'orders', version: '1.2.0' });
    const inFlight = report.results.find(({ id }) => id === 'in-flight');
    expect(inFlight?.finding).toEqual({
      status: 'met',
      seen: '9 requests, 1 of them could only end after it',
    });
  });

  it.concurrent.each(Object.entries(collectorFaults))(
    'is found out without a collector: %s',
    async (fault, ids) => {
      expect(notMet(await conform([fault as Fault]))).toEqual(ids.map((id) => `missed ${id}`));
    },
  );

  it('that never ends is ended, and not started again', async () => {
    const report = await conform(['never ends'], { limits: { ...limits, drainMs: 1_500 } });
    expect(notMet(report)).toEqual(['missed exit-code', 'unchecked collector-dead']);
  });

  it('sends a body, and holds one back over SIGTERM', async () => {
    const url = 'http://127.0.0.1:0/orders';
    const report = await conform([], { route: { url, body: '{"item":{id}}', headers: {} } });
    expect(notMet(report)).toEqual([]);
    const inFlight = report.results.find(({ id }) => id === 'in-flight');
    expect(inFlight?.finding).toEqual({
      status: 'met',
      seen: '10 requests, 2 of them could only end after it',
    });
  });
});

describe('what can not be checked', () => {
  it('is a command that ends, with what it wrote', async () => {
    const command = [process.execPath, '-e', 'console.error("no such port"); process.exit(7)'];
    await expect(conform([], { command })).rejects.toMatchObject({
      code: 'not_started',
      message: expect.stringMatching(/ended before it was ready.*\n {2}no such port$/) as string,
    });
    await expect(conform([], { command: ['/no/such/program'] })).rejects.toThrow(/ENOENT/);
  });

  it('is a route that does not answer well', async () => {
    const url = 'http://127.0.0.1:0/nothing';
    await expect(conform([], { route: { url, headers: {} } })).rejects.toMatchObject({
      code: 'route_unusable',
      message: expect.stringContaining('was answered 404') as string,
    });
  });
});
