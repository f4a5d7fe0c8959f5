import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ExporterProcess, root, runCli } from './helpers/exporter-process';

const anywhere = {
  SELFCHEER_HTTP: '127.0.0.1:0',
  SELFCHEER_GRPC: '127.0.0.1:0',
  SELFCHEER_ADMIN: '127.0.0.1:0',
  LISTEN: '127.0.0.1:0',
  KAFKA_BROKERS: '',
};
const bin = path.join(root, 'exporter/bin/selfcheer.js');
const example = path.join(root, 'cheer-kit/examples/http-service/server.mjs');

interface Report {
  readonly service: string;
  readonly verdict: string;
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly seen: readonly string[];
  }[];
}

async function conform(
  words: readonly string[],
  env: Record<string, string>,
): Promise<Report & { code: number | null }> {
  const { code, stdout, stderr } = await runCli(['conform', '--json', ...words], { ...anywhere, ...env });
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Report), code };
}

const notMet = ({ checks }: Report) => checks.filter(({ status }) => status !== 'met');

let dir: string;
beforeEach(async () => (dir = await mkdtemp(path.join(tmpdir(), 'selfcheer-conform-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('what the project ships conforms', () => {
  it('the exporter', async () => {
    const words = ['http://127.0.0.1:0/v1/events', '--', process.execPath, bin, 'start'];
    const report = await conform(words, { SELFCHEER_DATA_DIR: dir });
    expect(notMet(report)).toEqual([]);
    expect(report).toMatchObject({ service: 'exporter', verdict: 'conforms', code: 0 });
  });

  it('the example of the kit', async () => {
    const words = ['http://127.0.0.1:0/orders/{id}', '--slow', '/report', '--', process.execPath, example];
    const report = await conform(words, {});
    expect(notMet(report)).toEqual([]);
    expect(report).toMatchObject({ service: 'orders', verdict: 'conforms', code: 0 });
    const inFlight = report.checks.find(({ id }) => id === 'in-flight');
    expect(inFlight?.seen).toEqual(['9 requests, 1 of them could only end after it']);
  });
});

it('a running exporter misses nothing, as far as it can be seen', async () => {
  const exporter = await ExporterProcess.start();
  try {
    const report = await conform([`${exporter.url}/v1/events`, '--admin', exporter.addresses.admin], {});
    expect(notMet(report).filter(({ status }) => status === 'missed')).toEqual([]);
    expect(report).toMatchObject({ verdict: 'incomplete', code: 3 });
  } finally {
    await exporter.dispose();
  }
});

it('a service that handles SIGTERM on its own is found out', async () => {
  const selfish = `process.on('SIGTERM', () => process.exit(0)); import('${example}')`;
  const words = [
    'http://127.0.0.1:0/orders/{id}',
    '--slow',
    '/report',
    '--',
    process.execPath,
    '-e',
    selfish,
  ];
  const report = await conform(words, {});
  const missed = notMet(report).map(({ id }) => id);
  expect(missed).toEqual(expect.arrayContaining(['readiness-flips', 'in-flight', 'spans-flushed']));
  expect(report.code).toBe(1);
});
