import * as fc from 'fast-check';
import { longestText, redactText } from './redact-text';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0b20iLCJuYW1lIjoiVG9tIn0.hunter2hunter2';

test.each([
  ['a header', 'Authorization: Bearer hunter2', 'Authorization: [redacted]'],
  ['a digest', 'authorization: Digest username="tom", response="hunter2"', 'authorization: [redacted]'],
  ['cookies', 'Cookie: a=b; sid=hunter2\r\nHost: h', 'Cookie: [redacted]\r\nHost: h'],
  ['a header of its own name', 'X-Api-Key: hunter2\r\nHost: h', 'X-Api-Key: [redacted]\r\nHost: h'],
  ['a bearer token', 'sent bearer hunter2hunter2', 'sent bearer [redacted]'],
  ['short basic credentials', 'with Basic dTpodW50ZXIy', 'with Basic [redacted]'],
  ['a scheme without a header', 'authorization=Bearer hunter', 'authorization=[redacted]'],
  ['JSON', '{"user":"tom","password":"hunter2","n":1}', '{"user":"tom","password":[redacted],"n":1}'],
  ['a quote inside', '{"password":"hunter2\\"hunter2","n":1}', '{"password":[redacted],"n":1}'],
  ['JSON in JSON', '{"body":"{\\"token\\":\\"hunter2\\"}"}', '{"body":"{\\"token\\":[redacted]}"}'],
  ['what was cut off', '{"client_secret":"hunter2', '{"client_secret":[redacted]'],
  [
    'util.inspect',
    "{ headers: { authorization: 'Bearer hunter2' } }",
    '{ headers: { authorization: [redacted] } }',
  ],
  ['util.inspect of a Map', "Map(1) { 'x-api-key' => 'hunter2' }", "Map(1) { 'x-api-key' => [redacted] }"],
  [
    'a list of headers',
    "[ 'Authorization', 'Bearer hunter2', 'Host', 'h' ]",
    "[ 'Authorization', [redacted], 'Host', 'h' ]",
  ],
  ['a form', 'client_secret=hunter2&grant_type=code', 'client_secret=[redacted]&grant_type=code'],
  ['YAML', 'sasl:\n  password: hunter2\n  username: tom', 'sasl:\n  password: [redacted]\n  username: tom'],
  ['a query', '/v1?page=2&api_key=hunter2&sort=up', '/v1?page=2&api_key=[redacted]&sort=up'],
  [
    'a signed address',
    '/b?X-Amz-Signature=hunter2&sig=hunter2',
    '/b?X-Amz-Signature=[redacted]&sig=[redacted]',
  ],
  ['an answer of OAuth', '/back#access_token=hunter2&state=1', '/back#access_token=[redacted]&state=1'],
  ['a code of OAuth', '/back?code=hunter2&state=1', '/back?code=[redacted]&state=1'],
  ['a password in an address', 'redis://tom:hunter2@h:6379/0', 'redis://tom:[redacted]@h:6379/0'],
  ['one with an @ in it', 'pg://tom:hun@ter2@h/db', 'pg://tom:[redacted]@h/db'],
  [
    'a token in an address',
    'https://hunter2hunter2hunter2@git.example/x',
    'https://[redacted]@git.example/x',
  ],
  ['a web token', `got ${jwt}, refused`, 'got [redacted], refused'],
  ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nhunter2\nhunter2==\n-----END', '[redacted]-----END'],
  [
    'a payload that is no JSON',
    `Unexpected token 'h', ..."word":hunter2}"... is not valid JSON`,
    "Unexpected token 'h', ...[redacted] is not valid JSON",
  ],
])('%s', (_name, text, redacted) => {
  expect(redactText(text)).toBe(redacted);
});

test.each([
  'the key of the lane is free',
  'basic functionality, bearer of news',
  'SASL authentication failed',
  'https://tom@example.com/a?page=2&status_code=200',
  'GET http://127.0.0.1:8080/v1/events answered 503',
  "Can't read /etc/selfcheer.yaml: unknown key ingest.limit",
])('leaves alone: %s', (text) => {
  expect(redactText(text)).toBe(text);
});

test('V8 names payloads in its messages as this expects', () => {
  for (const payload of [
    'hunter2',
    '{"a": hunter2hunter2hunter2hunter2}',
    '{"a":"hunter2hunter2hunter2\n"}',
  ]) {
    let message = '';
    try {
      JSON.parse(payload);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/JSON/);
    expect(redactText(message)).not.toContain('hunter');
  }
});

test('once is enough', () => {
  const part = fc.constantFrom(
    'Bearer ',
    'token',
    '=',
    ':',
    ' ',
    '"',
    "'",
    '&',
    '?',
    '\\',
    'a1b2c3d4',
    '://',
    '@',
    '\n',
    ',',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const redacted = redactText(parts.join(''));
      expect(redactText(redacted)).toBe(redacted);
    }),
  );
});

// One that takes time by the square of the length would need hours for these.
test.each([
  'a.',
  '?a',
  'token',
  'eyJ-',
  '://',
  'a://b:',
  '"',
  '", ',
  'Bearer ',
  'token:"\\',
  'authorization',
  '-----BEGIN PRIVATE KEY-----',
  ' ',
])('a long text of %j takes no longer than others', (part) => {
  const text = part.repeat(2e7 / part.length);
  expect(redactText(text).length).toBeLessThan(2 * longestText);
  for (let i = 0; i < 20; i++) redactText(part.repeat(longestText / part.length));
});
