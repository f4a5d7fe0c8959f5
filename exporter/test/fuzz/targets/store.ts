import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { StoreError } from '../../../src/errors';
import { createEvent, type Event } from '../../../src/event';
import { decodeRemembered, encodeRemembered } from '../../../src/outbox/dedupe';
import { Manifest } from '../../../src/outbox/manifest';
import { decodeRecord, encodeRecord, isIntact } from '../../../src/outbox/record';
import { decodeState, encodeState, newState } from '../../../src/outbox/state';
import { literal, value } from '../json';
import { mutate, type Random } from '../random';
import { demand, type Target } from '../target';

const texts = ['e-1', 'ü€𝄞', 'x'.repeat(500), '/s', 'a b'];

function event(random: Random): Event {
  const draft = {
    id: random.pick(texts),
    payload: Buffer.from(random.oneIn(2) ? value(random) : literal(random, random.pick(texts))),
    ...(random.oneIn(2) && { source: random.pick(texts), type: 't', key: random.pick(texts) }),
    timestamp: random.pick([0, 1_767_225_600_000, 1.5]),
  };
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'a=b' };
  const arrival = { receivedAt: 1, tenant: random.pick(texts), traffic: 'real' as const };
  return createEvent(draft, random.oneIn(2) ? { ...arrival, trace } : arrival, { source: '/d', type: 'd' });
}

/** What is not just as it was written is told from what is. */
function refuses(read: () => unknown, code: string): boolean {
  try {
    read();
    return false;
  } catch (error) {
    demand(error instanceof StoreError && error.code === code, 'refuses with its own error', String(error));
    return true;
  }
}

function records(random: Random, input: (shown: Buffer) => void): void {
  const sent = event(random);
  const record = encodeRecord(sent, 1 + random.int(9), 2);
  const stored = decodeRecord(1, 2, record);
  demand(
    stored.payload.equals(sent.payload) && isDeepStrictEqual(stored.trace, sent.trace),
    'comes out as it went in',
  );
  demand(
    [stored.id, stored.source, stored.key, stored.tenant].join() ===
      [sent.id, sent.source, sent.key, sent.tenant].join(),
    'with its texts',
  );
  const damaged = mutate(random, record, encodeRecord(event(random), 1, 2));
  input(damaged);
  if (!damaged.equals(record)) {
    demand(!isIntact(damaged), 'damage is seen');
    demand(
      refuses(() => decodeRecord(1, 2, damaged), 'record_damaged'),
      'and refused',
    );
  }
  const row = encodeRemembered(sent.bodyHash, 3);
  const torn = mutate(random, row, row);
  if (!torn.equals(row)) demand(decodeRemembered(torn) === undefined, 'a damaged memory is none');
}

function states(random: Random, input: (shown: Buffer) => void): void {
  const state = newState('store', 1 + random.int(20));
  const row = encodeState(state);
  const damaged = mutate(random, row, row);
  input(damaged);
  demand(isDeepStrictEqual(decodeState(row), state), 'comes out as it went in');
  let read: unknown;
  const refused = refuses(() => (read = decodeState(damaged)), 'store_damaged');
  // What follows the row, and the space before its text, say nothing.
  demand(refused || isDeepStrictEqual(read, state), 'what is taken is as it was written');
}

export function storeTargets(): Target[] {
  const dir = mkdtempSync(join(tmpdir(), 'selfcheer-fuzz-'));
  const path = join(dir, 'store.manifest');
  const lanes = Array.from({ length: 4 }, (_, i) => ({ low: 1, high: i }));
  const manifest = (random: Random, input: (shown: Buffer) => void): void => {
    const slot = Buffer.alloc(16 * 1024, ' ');
    const image = Buffer.concat(
      Array.from({ length: 3 }, () => {
        const content = {
          version: 1,
          storeId: 's',
          generation: 1,
          update: random.int(9),
          clean: false,
          lanes: lanes.map(({ low, high }) => [low, high]),
        };
        const whole = Buffer.from(slot);
        if (random.oneIn(8)) return whole;
        encodeState(content as never).copy(whole);
        return random.oneIn(2)
          ? whole
          : Buffer.concat([mutate(random, whole.subarray(0, 300), whole.subarray(0, 300)), slot]).subarray(
              0,
              slot.length,
            );
      }),
    );
    const file = random.oneIn(4) ? image.subarray(0, random.int(image.length)) : image;
    input(file.subarray(0, 400));
    writeFileSync(path, file);
    if (refuses(() => demand(Manifest.read(path).storeId === 's', 'a whole slot'), 'manifest_damaged'))
      return;
    demand(
      isDeepStrictEqual(
        Manifest.read(path).lanes,
        lanes.map(({ low, high }) => [low, high]),
      ),
      'and it is as it was written',
    );
  };
  return [
    { name: 'store record', share: 60, run: records },
    { name: 'store state', share: 20, run: states },
    { name: 'store manifest', share: 5, run: manifest, close: () => rmSync(dir, { recursive: true }) },
  ];
}
