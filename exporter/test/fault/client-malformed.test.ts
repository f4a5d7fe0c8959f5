import type { Message } from '../../../e2e/helpers/published';
import { fuzzLive } from '../fuzz/live';
import type { Finding } from '../fuzz/run';
import { settle } from './support/account';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { waitFor } from './support/wait-for';

const idBytes = 512;
const control = /[\u0000-\u001f\u007f]/;

/** Whether this could have come of a valid event; the contract is in docs/api.md. */
function isValid({ key, value, headers }: Message): boolean {
  const { event_id: id, ...rest } = JSON.parse(value) as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    id === headers['ce_id'] &&
    id !== '' &&
    Buffer.byteLength(id) <= idBytes &&
    !control.test(id) &&
    key !== '' &&
    'payload' in rest &&
    Number.isSafeInteger(rest['timestamp']) &&
    headers['ce_specversion'] === '1.0'
  );
}

faultRow('malformed protobuf and JSON, HTTP and HTTP/2 (fuzzed)', { timeoutMs: 120_000 }, async (row) => {
  const scene = await setDiskScene(row);
  const { exporter, consumer, rss } = scene;
  const driver = scene.driver({ rate: 500, batch: 10 });
  const driving = driver.run();
  await waitFor('acknowledgements', 20_000, () => driver.acknowledged > 0);
  const { pid, addresses } = exporter;
  const findings: Finding[] = [];
  const inputs = await fuzzLive({
    addresses,
    pid: pid ?? 0,
    http: row.pick(900, 1_000_000),
    grpc: row.pick(300, 200_000),
    seed: row.pick(20_261_121, Date.now() >>> 0),
    shown: (finding) => findings.push(finding),
  });
  expect(findings).toEqual([]);
  expect(exporter.pid).toBe(pid);
  driver.stop();
  await driving;

  await exporter.settled();
  const strangers: string[] = [];
  const invalid: string[] = [];
  for await (const message of consumer.messages()) {
    const id = message.headers['ce_id'] ?? '';
    if (driver.numberOf(id) !== undefined) continue;
    strangers.push(id);
    if (!isValid(message)) invalid.push(message.value.slice(0, 500));
  }
  expect(invalid).toEqual([]);
  // Of what is damaged at random something is whole: otherwise nothing near to a valid event was tried.
  expect(strangers.length).toBeGreaterThan(0);
  const figures = await settle({
    exporter,
    drivers: [driver],
    consumer,
    duplicatesAtMost: 0,
    alsoSent: strangers,
  });
  const sum = Object.values(inputs).reduce((all, some) => all + some, 0);
  row.report({
    ...figures,
    rssPeakBytes: rss.peakBytes,
    notes: `${sum} inputs; ${strangers.length} valid events among them were published`,
  });
});
