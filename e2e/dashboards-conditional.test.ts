import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { conditional, type Cause } from '../provisioning/src/conditional';
import { dashboards } from '../provisioning/src/dashboards';
import { fillIn, queriesOf, type QueryPlace } from '../provisioning/src/queries';
import { ExporterProcess } from './helpers/exporter-process';
import { freePort } from './helpers/free-port';
import { ProvisionedPrometheus } from './helpers/provisioned-prometheus';
import { ReflectedClient } from './helpers/reflected-client';

/*
 * What leaves a healthy service without data gives some when it happens. All of it is real but for the waits of alerts,
 * which are minutes: a stable process that is slow, and beside it a canary of the same service without a broker.
 */

interface Series {
  readonly metric: Readonly<Record<string, string>>;
}

const limitMs = 100_000;

const flags = (defaultVariant: 'on' | 'off'): string =>
  JSON.stringify({
    flags: { 'health-cheer': { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant } },
  });

const nameOf = ({ dashboard, panel, refId }: QueryPlace): string => `${dashboard}: ${panel}: ${refId}`;
const queries = new Map(
  dashboards.flatMap((dashboard) => queriesOf(dashboard).map((query) => [nameOf(query), query])),
);

/** What of a query's data shows that its cause is behind it. */
const shows: Readonly<Record<Cause, (metric: Series['metric']) => boolean>> = {
  'alert-fires': ({ alertname }) => alertname !== 'CheerWatchdog',
  canary: () => true,
  'grpc-call': ({ method }) => method?.includes('IngestService') === true,
  'budget-burns': ({ slo }) => slo === 'delivery',
  growth: ({ resource }) => resource === 'Outbox',
  red: () => true,
  yellow: () => true,
  release: ({ track }) => track === 'canary',
  'flag-changes': ({ flag, variant }) => flag === 'health-cheer' && variant === 'off',
};

const running: { dispose(): Promise<unknown> }[] = [];

afterAll(async () => {
  for (const one of running.reverse()) await one.dispose();
});

test('every conditional query gives data when its cause is there', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-conditional-'));
  running.push({ dispose: () => rm(folder, { recursive: true, force: true }) });
  const flagFile = path.join(folder, 'flags.json');
  await writeFile(flagFile, flags('on'));
  const stable = await ExporterProcess.start({
    SELFCHEER_FLAGS_FILE: flagFile,
    // What is synced to a disk is slower than that, and a process that is slow alone is yellow.
    SELFCHEER_CHEER_LATENCY_TARGET_SECONDS: '0.0001',
  });
  running.push(stable);
  const canary = await ExporterProcess.start({
    SELFCHEER_TRACK: 'canary',
    KAFKA_BROKERS: `127.0.0.1:${await freePort()}`,
  });
  running.push(canary);
  const targets = [stable, canary].map(({ addresses }) => addresses.admin);
  const prometheus = await ProvisionedPrometheus.start(targets, { atOnce: true });
  running.push(prometheus);
  const client = await ReflectedClient.connect(stable.addresses.grpc);
  running.push({ dispose: async () => client.close() });

  const seen = new Set<Cause>();
  const without = async (): Promise<string[]> => {
    const empty: string[] = [];
    for (const place of conditional) {
      const { expr, instant } = queries.get(nameOf(place)) ?? { expr: '', instant: true };
      const answer = await prometheus.query(
        fillIn(expr, { rateInterval: '30s', interval: '5s', range: '5m' }),
        instant,
      );
      if (answer.status === 'error') throw new Error(`${nameOf(place)}: ${answer.error}: ${expr}`);
      const found = answer.data.result as readonly Series[];
      if (found.some(({ metric }) => shows[place.cause](metric))) seen.add(place.cause);
      else empty.push(nameOf(place));
    }
    return empty;
  };
  let sent = 0;
  let empty: string[] = [];
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(1_000)) {
    for (const exporter of [stable, canary]) {
      const events = Array.from({ length: 50 }, () => ({
        event_id: String(sent++),
        payload: 'x'.repeat(100),
      }));
      const answer = await exporter.post(JSON.stringify(events), { 'content-type': 'application/json' });
      expect(answer.status).toBe(202);
    }
    await client.unary('selfcheer.v1.IngestService/Ingest', { event_id: String(sent++), payload: 'x' });
    if (!(await prometheus.ready())) continue;
    empty = await without();
    if (empty.length === 0) break;
    // What was switched off is neither red nor yellow.
    if (seen.has('red') && seen.has('yellow')) await writeFile(flagFile, flags('off'));
  }
  expect(empty).toEqual([]);
});
