import fc from 'fast-check';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { isBinaryCloudEvent, readBinaryCloudEvent } from './cloud-event-headers';
import { CloudEventReader } from './cloud-events';
import { isProblem } from './intake';
import { JsonScanner } from './json-scanner';

const { intake } = new IngestFixture();
const scanner = new JsonScanner(64);
const reader = new CloudEventReader(intake, scanner);
const required = { specversion: '1.0', id: 'a', source: '/s', type: 't' };

function read(event: object | string): ReturnType<CloudEventReader['read']> {
  const bytes = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
  return reader.read(bytes, 0, bytes.length);
}

describe('CloudEvents in the JSON format', () => {
  it('maps the attributes and keeps data byte for byte', () => {
    const text =
      '{"specversion":"1.0","id":"a","source":"/s","type":"t","time":"2025-06-01T00:00:00Z","subject":"k",' +
      '"datacontenttype":"application/json","dataschema":"/x","comexampleext":{"any":1},"data": {"n" : 1.0} }';
    expect(read(text)).toEqual({
      id: 'a',
      source: '/s',
      type: 't',
      key: 'k',
      timestamp: Date.UTC(2025, 5, 1),
      payload: Buffer.from('{"n" : 1.0}'),
    });
  });

  it('takes an event without data, and null for what is optional', () => {
    expect(read({ ...required, subject: null, time: null, data_base64: null })).toEqual({
      id: 'a',
      source: '/s',
      type: 't',
      payload: Buffer.from('null'),
    });
  });

  it('keeps base64 as it came', () => {
    const draft = read({ ...required, data_base64: 'AAH/+w==' });
    expect(draft).toMatchObject({ base64: true, payload: Buffer.from('"AAH/+w=="') });
    expect(read({ ...required, data_base64: '' })).toMatchObject({
      base64: true,
      payload: Buffer.from('""'),
    });
  });

  test.each<[string, object | string, string, string]>([
    ['no specversion', { ...required, specversion: undefined }, 'missing_attribute', 'specversion'],
    ['another specversion', { ...required, specversion: '0.3' }, 'invalid_attribute', 'specversion'],
    ['a number as specversion', { ...required, specversion: 1 }, 'invalid_attribute', 'specversion'],
    ['no id', { ...required, id: undefined }, 'missing_attribute', 'id'],
    ['null as id', { ...required, id: null }, 'missing_attribute', 'id'],
    ['an empty id', { ...required, id: '' }, 'invalid_attribute', 'id'],
    ['an id that is too long', { ...required, id: 'x'.repeat(600) }, 'invalid_attribute', 'id'],
    ['no source', { ...required, source: undefined }, 'missing_attribute', 'source'],
    ['no type', { ...required, type: undefined }, 'missing_attribute', 'type'],
    ['a time in milliseconds', { ...required, time: 1_700_000_000_000 }, 'invalid_attribute', 'time'],
    ['a time that is none', { ...required, time: 'soon' }, 'invalid_attribute', 'time'],
    ['a time in the far future', { ...required, time: '9999-01-01T00:00:00Z' }, 'timestamp_too_late', 'time'],
    ['an empty subject', { ...required, subject: '' }, 'invalid_attribute', 'subject'],
    [
      'a subject with a control character',
      { ...required, subject: 'a\u0001' },
      'invalid_attribute',
      'subject',
    ],
    ['both kinds of data', { ...required, data: 1, data_base64: '' }, 'invalid_attribute', 'data_base64'],
    ['base64 without padding', { ...required, data_base64: 'AAA' }, 'invalid_attribute', 'data_base64'],
    ['base64 of the URL alphabet', { ...required, data_base64: 'AA-_' }, 'invalid_attribute', 'data_base64'],
    ['padding inside base64', { ...required, data_base64: 'AA==AAAA' }, 'invalid_attribute', 'data_base64'],
    ['an attribute twice', '{"specversion":"1.0","id":"a","id":"b"}', 'duplicate_member', 'id'],
    ['an extension twice', '{"specversion":"1.0","ext":"a","ext":"b"}', 'duplicate_member', 'ext'],
    ['__proto__', '{"specversion":"1.0","__proto__":{}}', 'forbidden_member', '__proto__'],
  ])('refuses %s and names it', (_name, event, code, field) => {
    const checked = read(event);
    expect(checked).toMatchObject({ code, field });
    expect(isProblem(checked) && checked.detail).toContain(field);
  });

  it('accepts exactly the base64 that Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const text = Buffer.from(data).toString('base64');
        expect(read({ ...required, data_base64: text })).toMatchObject({ payload: Buffer.from(`"${text}"`) });
      }),
    );
  });

  it('reads the Distributed Tracing extension and passes over a broken one', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(read({ ...required, traceparent, tracestate: 'x=1' })).toMatchObject({
      trace: { traceparent, tracestate: 'x=1' },
    });
    expect(read({ ...required, traceparent: 'none' })).not.toHaveProperty('trace');
  });
});

describe('CloudEvents in binary mode', () => {
  const headers = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': '/s', 'ce-type': 't' };
  const binary = (
    more: Record<string, string | undefined>,
    body: string | Buffer = '1',
  ): ReturnType<typeof readBinaryCloudEvent>['checked'] =>
    readBinaryCloudEvent(intake, scanner, { ...headers, ...more }, Buffer.from(body)).checked;

  it('is told by its headers', () => {
    expect(isBinaryCloudEvent(headers)).toBe(true);
    expect(isBinaryCloudEvent({ 'content-type': 'application/json' })).toBe(false);
  });

  it('decodes percent-encoded and quoted headers', () => {
    expect(
      binary({ 'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'content-type': 'application/json' }),
    ).toMatchObject({
      key: 'Euro € 😀',
    });
    expect(binary({ 'ce-subject': '"a \\"b\\""', 'content-type': 'application/json' })).toMatchObject({
      key: 'a "b"',
    });
  });

  it('keeps JSON as it came, makes a JSON string of text and of the base64 of anything else', () => {
    const payloadOf = (type: string | undefined, body: string | Buffer): string => {
      const checked = binary({ 'content-type': type }, body);
      if (isProblem(checked)) throw new Error(checked.detail);
      return `${checked.payload.toString()}${checked.base64 === true ? ' base64' : ''}`;
    };
    expect(payloadOf('application/json', ' {"n" : 1.0}\n')).toBe('{"n" : 1.0}');
    expect(payloadOf('application/vnd.acme+json; charset=utf-8', '[ ]')).toBe('[ ]');
    expect(payloadOf('text/plain', 'say "é"\n')).toBe('"say \\"é\\"\\n"');
    expect(payloadOf('text/plain; charset=latin1', 'x')).toBe('"eA==" base64');
    expect(payloadOf('application/octet-stream', Buffer.from([0, 255]))).toBe('"AP8=" base64');
    expect(payloadOf(undefined, 'x')).toBe('"eA==" base64');
    expect(payloadOf('application/json', '')).toBe('null');
  });

  test.each<[string, Record<string, string | undefined>, string | Buffer, string, string]>([
    ['no id', { 'ce-id': undefined }, '1', 'missing_attribute', 'id'],
    ['an empty id', { 'ce-id': '' }, '1', 'invalid_attribute', 'id'],
    ['a broken percent sign', { 'ce-subject': '%zz' }, '1', 'invalid_attribute', 'subject'],
    [
      'percent-encoded bytes that are not UTF-8',
      { 'ce-subject': '%ff' },
      '1',
      'invalid_attribute',
      'subject',
    ],
    ['bytes that should be encoded', { 'ce-subject': 'é' }, '1', 'invalid_attribute', 'subject'],
    ['an encoded control character', { 'ce-id': 'a%00' }, '1', 'invalid_attribute', 'id'],
    ['another version', { 'ce-specversion': '2.0' }, '1', 'invalid_attribute', 'specversion'],
    ['data that is not JSON', { 'content-type': 'application/json' }, '{', 'malformed_json', 'data'],
    ['two JSON values', { 'content-type': 'application/json' }, '1 2', 'malformed_json', 'data'],
    [
      'JSON that is not UTF-8',
      { 'content-type': 'application/json' },
      Buffer.from([0x22, 0xff, 0x22]),
      'invalid_utf8',
      'data',
    ],
    ['text that is not UTF-8', { 'content-type': 'text/plain' }, Buffer.from([0xff]), 'invalid_utf8', 'data'],
  ])('refuses %s', (_name, more, body, code, field) => {
    expect(binary(more, body)).toMatchObject({ code, field });
  });
});
