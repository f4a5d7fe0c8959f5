import { setTimeout as sleep } from 'node:timers/promises';
import { settle } from './support/account';
import { ClientLatency } from './support/client-latency';
import { deafGrpc, slowGrpc, slowHttp, slowRequests, type SlowClients } from './support/client-slow';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { waitFor, waitForReady } from './support/wait-for';

const mebibyte = 2 ** 20;
const requestSeconds = 3;
/**
 * The service looks for connections that are late every `requestSeconds`, judges the rate of bodies and messages over
 * 5 s, and reads for 2 s what a client still sends after its answer. The rest is for a machine that is busy.
 */
const endedWithinSeconds = 2 * requestSeconds + 5 + 4;
/**
 * Milliseconds. A quicker answer counts as this: hundreds of slow clients and the one that is measured run in this one
 * process, on the processors that the exporter has too; that alone moves a shorter time by its like.
 */
const floorMs = 25;
/** What hundreds of them may cost at the most. */
const mostGrowth = 192 * mebibyte;

faultRow('slowloris, slow streams, deaf clients', { timeoutMs: 90_000 }, async (row) => {
  const scene = await setDiskScene(row, {
    env: { SELFCHEER_INGEST_LIMITS_REQUEST_SECONDS: String(requestSeconds) },
  });
  const { exporter, consumer, rss } = scene;
  const latency = new ClientLatency();
  const driver = scene.driver({ rate: 400, batch: 1, connections: 8, onAck: (_, ms) => latency.add(ms) });
  const driving = driver.run();
  await waitFor('it runs warm', 20_000, () => driver.acknowledged >= 1_000);
  const rssBefore = rss.peakBytes;

  const measureMs = row.pick(3_000, 20_000);
  const before = performance.now();
  await sleep(measureMs);
  const { http, grpc } = exporter.addresses;
  const each = row.pick(75, 500);
  const kinds: Record<string, SlowClients> = {
    headers: slowHttp(http, each, slowRequests.headers),
    body: slowHttp(http, each, slowRequests.body),
    line: slowHttp(http, each, slowRequests.line),
    idle: slowHttp(http, each, slowRequests.idle),
    call: slowGrpc(grpc, each, 'Ingest'),
    stream: slowGrpc(grpc, each, 'IngestStream'),
    deaf: deafGrpc(grpc, each),
  };
  const all = Object.values(kinds);
  row.onEnd(() => all.forEach((clients) => clients.destroy()));
  const from = performance.now();
  const dribbling = setInterval(() => all.forEach((clients) => clients.dribble()), 250);
  row.onEnd(() => clearInterval(dribbling));
  const alive = () =>
    all.flatMap(({ clients }) => clients).filter((one) => one.endedAfter === undefined).length;
  expect(alive()).toBe(7 * each);
  await waitFor('the end of all of them', (endedWithinSeconds + 10) * 1000, () => alive() === 0).catch(
    () => undefined,
  );
  const slowest = Object.fromEntries(
    Object.entries(kinds).map(([kind, { clients }]) => [
      kind,
      Math.max(...clients.map(({ endedAfter = Infinity }) => endedAfter)),
    ]),
  );
  const to = from + Math.max(...Object.values(slowest)) * 1000;
  clearInterval(dribbling);
  await sleep(measureMs);
  const after = performance.now();
  driver.stop();
  await driving;

  const ended = Object.values(slowest).filter((seconds) => !(seconds < endedWithinSeconds));
  expect({ ended, slowest }).toEqual({ ended: [], slowest });
  // Each is told why, as far as it listens.
  const said = (kind: string, wanted: RegExp) =>
    kinds[kind]?.clients.filter(({ answer }) => !wanted.test(answer)).map(({ answer }) => answer);
  expect(said('headers', /^HTTP\/1\.1 408 .*request_timeout/s)).toEqual([]);
  expect(said('body', /^HTTP\/1\.1 408 .*request_timeout/s)).toEqual([]);
  expect(said('line', /^HTTP\/1\.1 408 .*request_timeout.*missing_event_id/s)).toEqual([]);
  expect(said('call', /^4$/)).toEqual([]);
  expect(said('stream', /^4$/)).toEqual([]);

  // With them while they lived, and without: before and after together.
  const withThem = latency.p99(from, Math.min(to, from + requestSeconds * 1000));
  const without = Math.max(latency.p99(before, from), latency.p99(to, after));
  const allowed = 2 * Math.max(without, floorMs);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 0,
    keepRunning: true,
  });
  await waitForReady(exporter);
  const grown = rss.peakBytes - rssBefore;
  row.report({
    ...figures,
    rssPeakBytes: rss.peakBytes,
    notes:
      `${7 * each} slow clients ended after ${Math.max(...Object.values(slowest)).toFixed(1)} s at the latest ` +
      `(${Object.entries(slowest)
        .map(([kind, seconds]) => `${kind} ${seconds.toFixed(1)}`)
        .join(', ')}); ` +
      `p99 of another client ${withThem.toFixed(1)} ms, without them ${without.toFixed(1)} ms ` +
      `(allowed: twice that, or ${2 * floorMs} ms if that is more); ` +
      `${Math.round(grown / mebibyte)} MiB more memory`,
  });
  expect(withThem).toBeLessThan(allowed);
  expect(grown).toBeLessThan(mostGrowth);
});
