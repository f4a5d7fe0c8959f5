import { createEventMaker, rowId, type EventOptions } from './event';

const name = 'rows.ndjson';

function make(text: string, options: Partial<EventOptions> = {}, ordinal = 1): unknown {
  const made = createEventMaker({ name, ...options })({ ordinal, line: ordinal, text });
  return made.ok ? made.event.body : made.fault.code;
}

function keyOf(text: string, options: Partial<EventOptions> = {}): string {
  const made = createEventMaker({ name, ...options })({ ordinal: 1, line: 1, text });
  return made.ok ? made.event.key : '';
}

test('the row is the payload, byte for byte', () => {
  const text = '{"id":"q1","big":12345678901234567890,"f":1.0, "s":"\\u00e9"}';
  expect(make(text, { idField: 'id' })).toBe(`{"event_id":"q1","payload":${text}}`);
});

test('an envelope goes out as it is, whatever the options', () => {
  const text = '{"event_id":"e1", "payload":{"id":"x"},"key":"k"}';
  expect(make(text, { idField: 'id', source: '/s' })).toBe(text);
  expect(keyOf(text)).toBe('k');
  expect(keyOf('{"event_id":"e1","payload":null}')).toBe('e1');
});

test('members of the row become id, key and timestamp', () => {
  const options = { idField: 'p.id', keyField: 'p.key', timeField: 'p.at', source: '/s', type: 't' };
  expect(make('{"p":{"id":7,"key":"k","at":1517966773840}}', options)).toBe(
    '{"event_id":"7","payload":{"p":{"id":7,"key":"k","at":1517966773840}},"timestamp":1517966773840,"key":"k","source":"/s","type":"t"}',
  );
  expect(make('{"p.id":"dotted","p":{"id":"inner"}}', { idField: 'p.id' })).toContain('"event_id":"dotted"');
  expect(keyOf('{"p":{"id":7}}', options)).toBe('7');
});

test.each([
  ['1517966773840', '"timestamp":1517966773840'],
  ['2018-02-07T01:26:13Z', '"timestamp":"2018-02-07T01:26:13Z"'],
])('the text %s as time', (at, member) => {
  expect(make(JSON.stringify({ at }), { timeField: 'at' })).toContain(member);
});

test.each([
  ['not JSON', '{"id":', {}, 'malformed_json'],
  ['no id', '{"a":1}', { idField: 'id' }, 'missing_event_id'],
  ['no object', '5', { idField: 'id' }, 'missing_event_id'],
  ['empty id', '{"id":""}', { idField: 'id' }, 'missing_event_id'],
  ['inherited id', '{}', { idField: 'constructor.name' }, 'missing_event_id'],
  ['id of two digits too many', '{"id":12345678901234567890}', { idField: 'id' }, 'missing_event_id'],
  ['key of the wrong type', '{"k":{}}', { keyField: 'k' }, 'invalid_key'],
  ['time of the wrong type', '{"t":true}', { timeField: 't' }, 'invalid_timestamp'],
])('%s is a fault of that row', (_, text, options, code) => expect(make(text, options)).toBe(code));

describe('hashed ids', () => {
  test('are stable: sending the file again makes the same ones', () => {
    expect(rowId('flights.json', { ordinal: 1, text: '{"delay":0}' })).toBe(
      '2e8efa49bdffbfdb782912c68bb19cc4',
    );
  });

  test('differ by name, ordinal and row', () => {
    const ids = [
      rowId('a', { ordinal: 1, text: '1' }),
      rowId('b', { ordinal: 1, text: '1' }),
      rowId('a', { ordinal: 2, text: '1' }),
      rowId('a', { ordinal: 1, text: '2' }),
      rowId('a\n1', { ordinal: 1, text: '1' }),
      rowId('a', { ordinal: 11, text: '1' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
