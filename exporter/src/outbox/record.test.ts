import fc from 'fast-check';
import { createEvent } from '../event';
import { decodeRecord, encodeRecord, isIntact } from './record';

const text = fc.string({ unit: 'grapheme', maxLength: 60 });
const events = fc
  .record({
    id: text,
    source: fc.option(text, { nil: undefined }),
    type: fc.option(text, { nil: undefined }),
    key: fc.option(text, { nil: undefined }),
    timestamp: fc.option(fc.integer({ min: 0, max: 2 ** 52 }), { nil: undefined }),
    base64: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    trace: fc.option(
      fc.record({ traceparent: fc.constant(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`), tracestate: text }),
    ),
    synthetic: fc.boolean(),
  })
  .map(({ trace, synthetic, ...fields }) => {
    const draft = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    return createEvent(
      draft as never,
      {
        receivedAt: 1_700_000_000_000,
        tenant: 'default',
        traffic: synthetic ? 'synthetic' : 'real',
        ...(trace && {
          trace: {
            traceparent: trace.traceparent,
            ...(trace.tracestate && { tracestate: trace.tracestate }),
          },
        }),
      },
      { source: '/s', type: 't' },
    );
  });

describe('record codec', () => {
  it('gives back every field of every event', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 2 ** 32 - 1 }), (event, revision) => {
        const stored = decodeRecord(3, 7, encodeRecord(event, revision, 1_700_000_000_123));
        const { bodyHash, identity, receivedAt, ...kept } = event;
        expect([bodyHash.length, identity.length, receivedAt]).toEqual([16, 16, 1_700_000_000_000]);
        expect(stored).toEqual({ ...kept, lane: 3, seq: 7, revision, acceptedAt: 1_700_000_000_123 });
      }),
    );
  });

  it('sees any single flipped bit', () => {
    fc.assert(
      fc.property(events, fc.nat(), fc.integer({ min: 0, max: 7 }), (event, place, bit) => {
        const record = encodeRecord(event, 1, 0);
        record[place % record.length]! ^= 1 << bit;
        expect(isIntact(record)).toBe(false);
      }),
    );
  });

  it('refuses a damaged record by name', () => {
    expect(() => decodeRecord(1, 2, Buffer.alloc(60))).toThrow(/is damaged/);
  });
});
