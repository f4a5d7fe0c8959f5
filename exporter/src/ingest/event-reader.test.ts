import fc from 'fast-check';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { EventReader } from './event-reader';
import { isProblem } from './intake';
import { JsonScanner } from './json-scanner';

const { intake } = new IngestFixture();
const reader = new EventReader(intake, new JsonScanner(8));

function read(text: string): ReturnType<EventReader['read']> {
  const bytes = Buffer.from(text);
  return reader.read(bytes, 0, bytes.length);
}

describe('EventReader', () => {
  it('keeps the payload byte for byte, white space and odd numbers included', () => {
    const payload = '{ "a" : [1.0,  1e2, -0, "\\u0041"] ,\t"__proto__":{"x":1}, "a":2 }';
    const draft = read(`{"event_id":"a","payload":${payload},"timestamp":1700000000000}`);
    expect(draft).toEqual({ id: 'a', payload: Buffer.from(payload), timestamp: 1_700_000_000_000 });
  });

  it('reads every field that JSON.stringify writes, in any order and with any payload', () => {
    const event = fc.record(
      {
        event_id: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        payload: fc.jsonValue({ maxDepth: 5 }),
        timestamp: fc.integer({ min: 100_000_000_000, max: Date.UTC(2026, 0, 1) }),
        source: fc.string({ minLength: 1, maxLength: 40 }),
        type: fc.string({ minLength: 1, maxLength: 40 }),
        key: fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 40 }),
      },
      { requiredKeys: ['event_id', 'payload'] },
    );
    const indent = fc.constantFrom('', ' ', '\t');
    fc.assert(
      fc.property(event, fc.boolean(), indent, (sent, reversed, space) => {
        const entries = Object.entries(sent);
        const text = JSON.stringify(Object.fromEntries(reversed ? entries.reverse() : entries), null, space);
        const draft = read(text);
        if (isProblem(draft)) {
          expect(draft.detail).toMatch(/control character|half a surrogate/);
          return;
        }
        const { id, payload, ...rest } = draft;
        const { event_id, payload: value, ...others } = sent;
        expect(id).toBe(event_id);
        expect(JSON.parse(payload.toString())).toEqual(JSON.parse(JSON.stringify(value)));
        expect(rest).toEqual({ ...others });
      }),
    );
  });

  it('reads member names and texts that are written with escapes', () => {
    const text = '{"event\\u005fid":"\\u00e4","payload":1}';
    expect(read(text)).toEqual({ id: 'ä', payload: Buffer.from('1') });
    expect(read('{"event_id":"ä\\u0062","payload":1}')).toMatchObject({ id: 'äb' });
  });

  test.each([
    ['', 'malformed_json', /ends too early/],
    ['{', 'malformed_json', /ends too early, after byte 1/],
    ['{"event_id":"a"', 'malformed_json', /ends too early/],
    ['{"event_id":"a" "payload":1}', 'malformed_json', /unexpected byte at 17/],
    ['{"event_id":"a","payload":1}x', 'malformed_json', /unexpected byte at 29/],
    ['{"event_id":"a","payload":1,}', 'malformed_json', /unexpected byte at 29/],
    ['{event_id:"a"}', 'malformed_json', /unexpected byte at 2/],
    ['{"event_id":"a","payload":NaN}', 'malformed_json', /unexpected byte at 27/],
    ['[1]', 'not_an_object', /not an array/],
    ['"a"', 'not_an_object', /not a string/],
    ['7', 'not_an_object', /not a number/],
    ['true', 'not_an_object', /not a boolean/],
    ['null', 'not_an_object', /not null/],
    ['7 8', 'malformed_json', /unexpected byte at 3/],
    ['{}', 'missing_event_id', /event_id is required/],
    ['{"event_id":"a"}', 'missing_payload', /payload is required/],
    ['{"event_id":7,"payload":1}', 'invalid_event_id', /string, not a number/],
    ['{"event_id":"a","payload":1,"source":{}}', 'invalid_source', /string, not an object/],
    ['{"event_id":"a","payload":1,"type":[]}', 'invalid_type', /string, not an array/],
    ['{"event_id":"a","payload":1,"key":true}', 'invalid_key', /string, not a boolean/],
    ['{"event_id":"a","payload":1,"timestamp":{}}', 'invalid_timestamp', /an object/],
    ['{"event_id":"a","payload":1,"timestamp":1e400}', 'invalid_timestamp', /Infinity/],
    ['{"event_id":"a","payload":1,"timestamp":-5}', 'timestamp_too_early', /before 1970/],
    ['{"event_id":"a","payload":1,"timestamp":1700000000000.25}', 'invalid_timestamp', /1700000000000.25/],
    ['{"event_id":"a","payload":1,"timestamp":99999999999999999999}', 'invalid_timestamp', /timestamp/],
    ['{"event_id":"a","event_id":"b","payload":1}', 'duplicate_member', /"event_id" stands twice/],
    ['{"event_id":"a","payload":1,"pay\\u006coad":2}', 'duplicate_member', /"payload" stands twice/],
    ['{"event_id":"a","payload":1,"__proto__":{}}', 'forbidden_member', /__proto__/],
    ['{"event_id":"a","payload":1,"\\u005f_proto__":{}}', 'forbidden_member', /__proto__/],
    ['{"event_id":"a","payload":1,"constructor":{}}', 'forbidden_member', /constructor/],
    ['{"event_id":"a","payload":1,"prototype":{}}', 'forbidden_member', /prototype/],
    ['{"eventId":"a","payload":1}', 'unknown_member', /did you mean event_id/],
    ['{"event_id":"a","payload":1,"colour":1}', 'unknown_member', /an event has event_id, payload/],
    ['{"event_id":"a","payload":[[[[[[[[1]]]]]]]]}', 'too_deep', /deeper than 8 at byte 34/],
  ])('refuses %s as %s', (text, code, detail) => {
    const checked = read(text);
    expect(checked).toMatchObject({ code });
    expect(isProblem(checked) && checked.detail).toMatch(detail);
  });

  it('tells the id of an event that is wrong, wherever it stands', () => {
    read('{"colour":1,"payload":1,"event_id":"late"}');
    expect(reader.id).toBe('late');
    read('{"event_id":"early","payload":');
    expect(reader.id).toBe('early');
    read('{"payload":1}');
    expect(reader.id).toBeNull();
  });

  it('does not repeat a huge unknown name', () => {
    const checked = read(`{"event_id":"a","payload":1,"${'x'.repeat(100_000)}":1}`);
    expect(isProblem(checked) && checked.detail.length).toBeLessThan(250);
  });
});
