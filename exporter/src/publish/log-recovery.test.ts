import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogPublisher } from './log-publisher';
import type { Unsettled } from './log-recovery';
import type { OutgoingMessage } from './publisher';

let dataDir: string;
beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'log-recovery-'))));
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const perBatch = 8;

function message(lane: number, seq: number, bytes: number, store = 's'): OutgoingMessage {
  const id = `${lane}-${seq}`;
  return {
    lane,
    seq,
    key: 'k',
    value: Buffer.from(`{"event_id":"${id}","payload":"${'x'.repeat(bytes)}"}`),
    headers: { ce_id: id, ce_revision: '1', origin: `${store}:${lane}:${seq}` },
  };
}

function publisher(unsettled?: Unsettled) {
  return createLogPublisher({
    dataDir,
    segmentBytes: 5_000_000,
    logger: { warn: () => undefined },
    ...(unsettled && { unsettled }),
  });
}

/** A batch of every lane, its events numbered from `first` on. */
function batches(lanes: number, first: number, bytes: number): OutgoingMessage[][] {
  return Array.from({ length: lanes }, (_, lane) =>
    Array.from({ length: perBatch }, (_unused, n) => message(lane, first + n, bytes)),
  );
}

function linesWritten(): number {
  const directory = join(dataDir, 'published', 'events');
  return readdirSync(directory).reduce(
    (sum, name) => sum + readFileSync(join(directory, name), 'latin1').split('\n').length - 1,
    0,
  );
}

async function publishAll(sink: ReturnType<typeof publisher>, all: OutgoingMessage[][]): Promise<void> {
  for (const batch of all) expect(await sink.publish('events', batch)).toEqual({ kind: 'published' });
  await sink.close();
}

test('what 96 lanes had in flight in a crash is recognised, however much that is', async () => {
  const lanes = 96;
  const bytes = 60_000;
  const settled = Array.from({ length: lanes }, () => 100);
  const all = batches(lanes, 101, bytes);
  await publishAll(publisher(), all);
  const unsettled = { storeId: 's', settled, inFlightBytes: lanes * perBatch * bytes };
  await publishAll(publisher(unsettled), all);
  expect(linesWritten()).toBe(lanes * perBatch);
});

test('so is what was written before that and never noted, as after a power loss', async () => {
  const rounds = [101, 109, 117].map((first) => batches(12, first, 100_000));
  for (const all of rounds) await publishAll(publisher(), all);
  const settled = Array.from({ length: 12 }, () => 100);
  // One round is in flight at the most; the marks are of before all three.
  const again = publisher({ storeId: 's', settled, inFlightBytes: 1 });
  await publishAll(again, rounds.flat());
  expect(linesWritten()).toBe(3 * 12 * perBatch);
});

test('reads no further than can be in flight when all is settled, and takes nothing for known that is not', async () => {
  const old = batches(12, 101, 100_000);
  await publishAll(publisher(), old);
  const settled = Array.from({ length: 12 }, () => 108);
  const other = publisher({ storeId: 'other', settled: settled.map(() => 0), inFlightBytes: 1 });
  await publishAll(other, [[message(0, 101, 10, 'other')]]);
  // The same numbers, for other events: an older store was restored.
  const renamed = [message(0, 101, 10)].map((one) => ({
    ...one,
    headers: { ...one.headers, ce_id: 'new' },
  }));
  await publishAll(publisher({ storeId: 's', settled: settled.map(() => 100), inFlightBytes: 1 }), [renamed]);
  expect(linesWritten()).toBe(12 * perBatch + 2);
});
