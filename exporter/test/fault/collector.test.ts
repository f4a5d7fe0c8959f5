import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../e2e/helpers/free-port';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import { startOtlpReceiver } from '../../src/conform/otlp-receiver';
import { quantileOf } from '../helpers/quantile';
import { settle } from './support/account';
import { faultRow, type Row } from './support/row';
import { setScene } from './support/scene';
import { waitFor } from './support/wait-for';

const mebibyte = 2 ** 20;
/** Spans that wait for the collector, in each thread: full within a second, whatever the machine does. */
const queueSpans = 256;
/** Milliseconds. A quicker answer counts as this: what other processes do on this machine moves it by its like. */
const floorMs = 25;
/** For the spans that wait and those in flight, and what a heap of this size grows by of itself. */
const mostGrowth = 96 * mebibyte;
const drainSeconds = 8;
const lagSeconds = 1;
/** What the last spans may take, and a busy machine. */
const spansSeconds = 2 + 2.5;

let broker: KafkaBroker;

beforeAll(async () => {
  broker = await startKafka();
}, 600_000);

afterAll(() => broker?.dispose());

/** Takes connections and bytes, and never answers. */
async function hungCollector(port: number): Promise<{ taken(): number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let taken = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => (taken += bytes.length));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    taken: () => taken,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a producer saw while it lasted; in milliseconds. */
interface Phase {
  readonly acked: number;
  readonly p90: number;
  readonly p99: number;
}

async function collectorDown(row: Row, kind: 'http' | 'grpc'): Promise<void> {
  const port = await freePort();
  const scene = await setScene(row, broker, {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: kind === 'grpc' ? 'grpc' : 'http/protobuf',
      OTEL_BSP_SCHEDULE_DELAY: '500',
      OTEL_BSP_MAX_QUEUE_SIZE: String(queueSpans),
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: String(queueSpans),
      SELFCHEER_DRAIN_SECONDS: String(drainSeconds),
      SELFCHEER_READINESS_LAG_SECONDS: String(lagSeconds),
    },
  });
  const { exporter, consumer, rss } = scene;
  let answers: number[] = [];
  const driver = scene.driver({
    ...{ count: Infinity, batch: 1, connections: 8, retryMs: 20 },
    onAck: (_, ms) => void answers.push(ms),
  });
  const phaseMs = row.pick(5_000, 120_000);
  const phase = async (): Promise<Phase> => {
    answers = [];
    await sleep(phaseMs);
    const [p90, p99] = [0.9, 0.99].map((share) => quantileOf(answers, share)) as [number, number];
    return { acked: answers.length, p90, p99 };
  };

  // Well.
  let collector = await startOtlpReceiver({ protocol: kind, port });
  row.onEnd(() => collector.close());
  const driving = driver.run();
  await waitFor('it runs warm', 60_000, () => driver.acknowledged >= 500);
  await collector.waitFor(({ name }) => name === 'kafka_publish', 20_000);
  const well = await phase();
  const rssBefore = rss.peakBytes;

  // Nobody is there, then one who never answers.
  await collector.close();
  const refused = await phase();
  const hung = await hungCollector(port);
  row.onEnd(() => hung.close().catch(() => undefined));
  await waitFor('spans reach the one who hangs', 30_000, () => hung.taken() > 0);
  const stuck = await phase();
  const grown = rss.peakBytes - rssBefore;

  // Back: spans of what is taken from now on arrive, without a restart.
  await hung.close();
  const backAt = Date.now();
  collector = await startOtlpReceiver({ protocol: kind, port });
  await collector.waitFor(({ name, startedAt }) => name === 'kafka_publish' && startedAt > backAt, 60_000);
  const recoverySeconds = (Date.now() - backAt) / 1000;
  const again = await phase();

  // It hangs again, and now the exporter is to end, with requests under way and spans to tell.
  await collector.close();
  const last = await hungCollector(port);
  row.onEnd(() => last.close().catch(() => undefined));
  await waitFor('spans reach the one who hangs', 30_000, () => last.taken() > 0);
  const askedAt = performance.now();
  exporter.terminate();
  const code = await exporter.exited((drainSeconds + lagSeconds + 10) * 1000);
  const endedSeconds = (performance.now() - askedAt) / 1000;
  await last.close();
  await exporter.restart();
  driver.stop();
  await driving;

  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0 });
  const [allowedMs, least] = [
    2 * Math.max(well.p90, again.p90, floorMs),
    0.5 * Math.min(well.acked, again.acked),
  ];
  const told = ({ acked, p90, p99 }: Phase): string =>
    `${acked} acknowledged, p90 ${p90.toFixed(1)} and p99 ${p99.toFixed(1)} ms`;
  row.report({
    ...figures,
    recoverySeconds,
    rssPeakBytes: rss.peakBytes,
    notes:
      `in ${phaseMs / 1000} s with a collector ${told(well)}, with nobody there ${told(refused)}, with one who hangs ` +
      `${told(stuck)}, with one again ${told(again)} (allowed: p90 ${allowedMs.toFixed(1)} ms); ` +
      `${Math.round(grown / mebibyte)} MiB more memory; ended ${endedSeconds.toFixed(1)} s after SIGTERM, ` +
      `lag ${lagSeconds} s; recovery is until spans arrive again`,
  });
  expect(code).toBe(0);
  expect(endedSeconds).toBeLessThan(lagSeconds + spansSeconds);
  expect(Math.max(refused.p90, stuck.p90)).toBeLessThan(allowedMs);
  expect(Math.min(refused.acked, stuck.acked)).toBeGreaterThan(least);
  expect(grown).toBeLessThan(mostGrowth);
}

faultRow('telemetry collector down: OTLP over HTTP', { timeoutMs: 240_000 }, (row) =>
  collectorDown(row, 'http'),
);

faultRow('telemetry collector down: OTLP over gRPC', { timeoutMs: 240_000 }, (row) =>
  collectorDown(row, 'grpc'),
);
