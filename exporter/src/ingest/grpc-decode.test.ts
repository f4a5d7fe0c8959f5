import fc from 'fast-check';
import { eventBytes } from '../../test/helpers/grpc-fixture';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { EventReader } from './event-reader';
import { checkEmptyMessage, IngestRequestReader, splitBatch } from './grpc-decode';
import { JsonScanner } from './json-scanner';

const reader = new IngestRequestReader(new JsonScanner(4));

/** One length-delimited field. */
function field(number: number, bytes: Buffer | string): Buffer {
  const content = Buffer.from(bytes);
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
}

describe('IngestRequestReader', () => {
  it('reads what a client of the contract writes', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(
        fc.record({
          event_id: text,
          payload: fc.string({ unit: 'binary' }),
          timestamp: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
          source: text,
          type: text,
          key: text,
        }),
        (event) => {
          const { event_id: id, payload, ...rest } = event;
          expect(reader.read(eventBytes(event))).toEqual({
            ...rest,
            id,
            payload: Buffer.from(JSON.stringify(payload)),
            base64: false,
            trace: undefined,
          });
          expect(reader.id).toBe(id);
        },
      ),
    );
  });

  it('makes the same event of text as HTTP does', () => {
    const { intake } = new IngestFixture();
    const http = new EventReader(intake, new JsonScanner(64));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 }), (payload, json) => {
        const event = { event_id: 'a', timestamp: 1_700_000_000_000, key: 'k' };
        const overHttp = (body: object): unknown => {
          const bytes = Buffer.from(JSON.stringify(body));
          return http.read(bytes, 0, bytes.length);
        };
        const overGrpc = (body: Record<string, unknown>): unknown => {
          const fields = new IngestRequestReader(new JsonScanner(64)).read(eventBytes(body));
          return 'code' in fields ? fields : intake.check(fields);
        };
        expect(overGrpc({ ...event, payload })).toEqual(overHttp({ ...event, payload }));
        const payload_json = Buffer.from(JSON.stringify(json));
        expect(overGrpc({ ...event, payload_json })).toEqual(overHttp({ ...event, payload: json }));
      }),
    );
  });

  it('takes what proto3 does not send for absent, an empty payload aside', () => {
    const nothing = Buffer.concat([1, 2, 4, 5, 6].map((number) => field(number, '')));
    expect(reader.read(Buffer.concat([nothing, Buffer.from([0x18, 0])]))).toEqual({
      id: undefined,
      payload: Buffer.from('""'),
      timestamp: undefined,
      source: undefined,
      type: undefined,
      key: undefined,
      base64: false,
      trace: undefined,
    });
    expect(reader.read(Buffer.alloc(0))).toMatchObject({ id: undefined, payload: undefined });
  });

  it.each([
    [1, 'event_id'],
    [2, 'payload'],
    [4, 'source'],
    [5, 'type'],
    [6, 'key'],
    [7, 'payload_json'],
  ])('refuses field %i that is not UTF-8', (number, name) => {
    const bytes = field(number, Buffer.from([0x22, 0xc3, 0x28, 0x22]));
    expect(reader.read(bytes)).toEqual({ code: 'invalid_utf8', detail: `${name} is not UTF-8`, field: name });
  });

  it.each([
    ['{"a":', 'malformed_json'],
    ['', 'malformed_json'],
    ['1 2', 'malformed_json'],
    ['[[[[1]]]]', 'too_deep'], // 4 with the event around it
  ])('refuses payload_json %j', (json, code) => {
    expect(reader.read(field(7, json))).toMatchObject({ code, field: 'payload_json' });
  });

  it('keeps payload_json byte for byte, without the white space around it', () => {
    expect(reader.read(field(7, ' [1.0, [[2]]]\n'))).toMatchObject({ payload: Buffer.from('[1.0, [[2]]]') });
  });

  it('refuses two payloads', () => {
    const both = Buffer.concat([field(1, 'a'), field(2, 'x'), field(7, '1')]);
    expect(reader.read(both)).toMatchObject({ code: 'invalid_payload', field: 'payload_json' });
    expect(reader.id).toBe('a');
  });

  it('skips fields that it does not know, and known ones of another wire type', () => {
    const group = Buffer.from([(100 << 3) | 3 | 0x80, 0x06, 0x08, 0x01, (100 << 3) | 4 | 0x80, 0x06]);
    group[0] = 0xa3; // field 100, group start
    group[4] = 0xa4; // field 100, group end
    const unknown = Buffer.concat([
      field(15, 'later'),
      Buffer.from([0x08, 0x01]), // event_id as a varint
      Buffer.from([(9 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8]),
      Buffer.from([(9 << 3) | 5, 1, 2, 3, 4]),
      group,
    ]);
    const fields = reader.read(Buffer.concat([unknown, field(1, 'a'), field(2, 'x'), unknown]));
    expect(fields).toMatchObject({ id: 'a', payload: Buffer.from('"x"') });
  });

  it.each([
    ['field number 0', [0x02, 0x01, 0x61]],
    ['a text cut short', [0x0a, 0x05, 0x61]],
    ['an end of no group', [0x0c]],
    ['wire type 6', [0x0e]],
    ['a varint without end', [0x18, ...Array<number>(11).fill(0xff)]],
    ['a length of 4 GiB', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['groups without end', Array<number>(5000).fill(0x7b)],
  ])('refuses %s', (_name, bytes) => {
    expect(reader.read(Buffer.from(bytes))).toMatchObject({ code: 'malformed_message' });
  });

  it.each([
    [-1n, -1],
    [1n << 62n, 2 ** 62],
    [-(1n << 63n), -(2 ** 63)],
  ])('reads the timestamp %s', (value, expected) => {
    const bytes = [0x18];
    for (let left = BigInt.asUintN(64, value); ; left >>= 7n) {
      if (left < 128n) {
        bytes.push(Number(left));
        break;
      }
      bytes.push(Number(left & 127n) | 128);
    }
    expect(reader.read(Buffer.from(bytes))).toMatchObject({ timestamp: expected });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(typeof reader.read(Buffer.from(bytes))).toBe('object');
        expect(typeof splitBatch(Buffer.from(bytes), 10)).toBe('object');
        checkEmptyMessage(Buffer.from(bytes));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('splitBatch', () => {
  it('gives the bytes of each request and skips what it does not know', () => {
    const bytes = Buffer.concat([field(1, 'one'), field(2, 'later'), field(1, '')]);
    expect(splitBatch(bytes, 2)).toEqual([Buffer.from('one'), Buffer.alloc(0)]);
  });

  it('stops at the limit', () => {
    const bytes = Buffer.concat([field(1, ''), field(1, ''), field(1, '')]);
    expect(splitBatch(bytes, 2)).toMatchObject({ code: 'too_many_events' });
    expect(splitBatch(bytes, 3)).toHaveLength(3);
  });
});
