import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { runCli } from '../../../e2e/helpers/exporter-process';
import { audit, nothingWrong } from './support/audit';
import { type Reply, sendGrpc, sendHttp } from './support/client-http';
import { grpcFrame } from './support/client-slow';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { waitFor } from './support/wait-for';

const eventsPerSecond = 200;
const burstSeconds = 2;

const keyOf = (name: string) => `${name}-key`;
const holder = (name: string, roles: string[]) => ({
  name,
  tenant: name,
  roles,
  sha256: createHash('sha256').update(keyOf(name)).digest('hex'),
});

interface Sample {
  readonly labels: string;
  readonly value: number;
}

/** Samples of one metric. */
function samplesOf(text: string, metric: string): Sample[] {
  return [...text.matchAll(new RegExp(`^${metric}{(.*)} (.*)$`, 'gm'))].map(([, labels = '', value]) => ({
    labels,
    value: Number(value),
  }));
}

faultRow('a tenant over its quota', { timeoutMs: 60_000 }, async (row) => {
  const scene = await setDiskScene(row, {
    env: {
      SELFCHEER_AUTH_API_KEYS: JSON.stringify([
        holder('greedy', ['producer']),
        holder('modest', ['producer']),
        holder('operator', ['operator', 'reader']),
      ]),
      SELFCHEER_TENANTS: JSON.stringify({ greedy: { eventsPerSecond, burstSeconds } }),
    },
  });
  const { exporter, consumer, rss } = scene;
  const modest = scene.driver({ rate: 500, batch: 10, headers: { 'x-api-key': keyOf('modest') } });
  const running = modest.run();
  await waitFor('acknowledgements', 20_000, () => modest.acknowledged > 500);

  // Sends as fast as it can, and whatever it is told.
  const seconds = row.pick(3, 60);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  row.onEnd(() => agent.destroy());
  const headers = { 'content-type': 'application/x-ndjson', 'x-api-key': keyOf('greedy') };
  const taken: string[] = [];
  const refused: Reply[] = [];
  const others: Reply[] = [];
  let sent = 0;
  const began = performance.now();
  const send = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1000) {
      const ids = Array.from({ length: 10 }, () => `greedy-${sent++}`);
      const body = ids.map((id) => `{"event_id":"${id}","payload":1}\n`).join('');
      const reply = await sendHttp(exporter.addresses.http, body, headers, agent);
      if (reply.status === 202) taken.push(...ids);
      else (reply.status === 429 ? refused : others).push(reply);
    }
  };
  await Promise.all(Array.from({ length: 4 }, send));
  const tookSeconds = (performance.now() - began) / 1000;

  expect(others.map(({ status, body }) => ({ status, body }))).toEqual([]);
  expect(refused.length).toBeGreaterThan(0);
  for (const { code, headers: told } of refused) {
    expect(code).toBe('quota_exceeded');
    expect(Number(told['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(told['ratelimit']).toMatch(/^"events";r=\d+;t=\d+$/);
    expect(told['ratelimit-policy']).toBe(
      `"events";q=${eventsPerSecond * burstSeconds};qu="events";w=${burstSeconds}`,
    );
  }
  // The bucket: what was saved up, and what came back meanwhile.
  expect(taken.length).toBeLessThanOrEqual(eventsPerSecond * (burstSeconds + tookSeconds));
  expect(taken.length).toBeGreaterThan(0.8 * eventsPerSecond * tookSeconds);
  // The same over gRPC: RESOURCE_EXHAUSTED.
  const one = grpcFrame(Buffer.from([0x0a, 1, 0x67, 0x12, 1, 0x78]));
  const many = Array.from({ length: eventsPerSecond * (burstSeconds + 3) }, () => one);
  expect(
    await sendGrpc(exporter.addresses.grpc, 'IngestStream', many, { 'x-api-key': keyOf('greedy') }),
  ).toBe('8');

  modest.stop();
  await running;
  // Others noticed nothing of it.
  expect([...modest.refusals]).toEqual([]);
  const operator = { 'x-api-key': keyOf('operator') };
  const metrics = await (await exporter.admin('/metrics', operator)).text();
  const bad = samplesOf(metrics, 'cheer_slo_events_total').filter(
    ({ labels }) => /slo="ingest-availability"/.test(labels) && /result="bad"/.test(labels),
  );
  expect(bad).toEqual([{ labels: expect.any(String) as string, value: 0 }]);
  const shed = samplesOf(metrics, 'cheer_shed_total').filter(({ labels }) => /reason="quota"/.test(labels));
  expect(shed[0]?.value).toBeGreaterThanOrEqual(refused.length);

  await waitFor('everything is published', 20_000, async () => {
    const pipeline = (await (await exporter.admin('/api/v1/pipeline', operator)).json()) as {
      lanes: { pending: number }[];
    };
    return pipeline.lanes.every(({ pending }) => pending === 0);
  });
  expect({ exit: await exporter.stop() }).toEqual({ exit: 0 });
  // An acknowledged event of either is there, and nothing that was refused.
  const { acked, found, duplicates, ...wrong } = await audit({
    drivers: [modest],
    consumer,
    alsoSent: new Set([...taken, 'g']),
    elsewhere: new Set(),
    mustBeThere: taken,
  });
  expect({ ...wrong, duplicates }).toEqual({ ...nothingWrong, duplicates: 0 });
  const check = await runCli(['store', 'check', '--data-dir', exporter.dataDir, '--json']);
  expect(JSON.parse(check.stdout)).toMatchObject({ ok: true, clean: true, problems: [], records: 0 });
  row.report({
    acked: acked + taken.length,
    found: found + taken.length,
    duplicates,
    order: 'kept',
    rssPeakBytes: rss.peakBytes,
    notes:
      `${sent} events of the greedy one: ${taken.length} taken (${Math.round(taken.length / tookSeconds)}/s of ` +
      `${eventsPerSecond}/s), ${refused.length} requests 429; the other one: none`,
  });
});
