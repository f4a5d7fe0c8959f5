import fc from 'fast-check';
import { decodeLine, encodeLine } from './log-line';

const at = '2026-01-02T03:04:05.678Z';
const message = (value: string, key = 'k', headers: Record<string, string> = { ce_id: 'a' }) => ({
  lane: 1,
  seq: 2,
  key,
  value: Buffer.from(value),
  headers,
});

test('embeds the value as the JSON object that it is', () => {
  expect(encodeLine(message('{"event_id":"a","payload": 1.0}'), at).toString()).toBe(
    '{"key":"k","value":{"event_id":"a","payload": 1.0},"headers":{"ce_id":"a"},' +
      '"lane":1,"seq":2,"published_at":"2026-01-02T03:04:05.678Z"}\n',
  );
});

test('keeps a value that spans lines on one line, as a string with the exact text', () => {
  const value = '{\r\n "payload": {}\n}';
  const line = encodeLine(message(value), at).toString();
  expect(line.match(/[\r\n]/g)).toEqual(['\n']);
  expect(decodeLine(line.trimEnd())).toMatchObject({ value });
});

test('gives back key, headers and the exact bytes of the value', () => {
  const text = fc.string({ unit: 'binary' });
  const object = fc
    .dictionary(text, fc.jsonValue())
    .map((fields) => ({ ...fields, headers: { headers: {} } }));
  const whitespace = fc.constantFrom('', ' ', '\n', '\r\n', '\t');
  fc.assert(
    fc.property(text, object, fc.dictionary(text, text), whitespace, (key, fields, headers, space) => {
      const value = `{${space}${JSON.stringify(fields).slice(1)}`;
      const line = encodeLine(message(value, key, { ...headers }), at).toString();
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(decodeLine(line.slice(0, -1))).toEqual({
        key,
        value,
        headers: { ...headers },
        lane: 1,
        seq: 2,
        publishedAt: at,
      });
    }),
  );
});

test.each([
  '',
  '{}',
  'not ours',
  '{"key":"k"',
  '{"key":1,"value":{},"headers":{},"lane":1,"seq":1,"published_at":""}',
])('does not take %j for a line', (line) => {
  expect(decodeLine(line)).toBeUndefined();
});
