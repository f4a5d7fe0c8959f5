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
  ['a list', '{"password":["hunter2","hunter2"],"n":1}', '{"password":[redacted],"n":1}'],
  ['a list in JSON in JSON', '{"b":"{\\"token\\":[\\"hunter2\\"]}"}', '{"b":"{\\"token\\":[redacted]}"}'],
  ['a bracket in a list', '{"password":["a]hunter2"],"n":1}', '{"password":[redacted],"n":1}'],
  ['an object', 'password: {"value":"hunter2"}, n: 1', 'password: [redacted], n: 1'],
  ['objects in it', '{"secret":{"a":{"b":"hunter2"},"c":"hunter2"},"n":1}', '{"secret":[redacted],"n":1}'],
  ['an object that was cut off', 'password: {"a": {"b": "hunter2', 'password: [redacted]'],
  ['a list in YAML', 'secrets:\n  - hunter2\nuser: tom', 'secrets:\n  - [redacted]\nuser: tom'],
  [
    'an escaped quote in JSON in JSON',
    '{\\"password\\":\\"hun\\\\\\"ter2\\",\\"n\\":1}',
    '{\\"password\\":[redacted],\\"n\\":1}',
  ],
  ['a variable', 'DB_PASS=hunter2 DB_USER=tom', 'DB_PASS=[redacted] DB_USER=tom'],
  ['one of MySQL', 'MYSQL_PWD=hunter2', 'MYSQL_PWD=[redacted]'],
  ['a name in camel case', "{ dbPass: 'hunter2', n: 1 }", '{ dbPass: [redacted], n: 1 }'],
  ['a one-time password', 'otp=123456, userPin: 1234', 'otp=[redacted], userPin: [redacted]'],
  ['an argument', 'mysql --password hunter2 -h db', 'mysql --password [redacted] -h db'],
  ['a quoted argument', "gh --auth-token 'hunter2 hunter2' -v", 'gh --auth-token [redacted] -v'],
  ['what is encoded twice', '/login?next=%2Fx%3Ftoken%3Dhunter2', '/login?next=%2Fx%3Ftoken%3D[redacted]'],
  ['encoded JSON', '/x?q=%7B%22password%22%3A%22hunter2%22%7D', '/x?q=%7B%22password%22%3A[redacted]'],
  ['a slash in a password', 'amqp://u:hun/ter2@h/v', 'amqp://u:[redacted]@h/v'],
  ['a key of AWS', 'signed by AKIAIOSFODNN7EXAMPLE.', 'signed by [redacted].'],
  ['a token of GitHub', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789, bad', '[redacted], bad'],
  ['a fine one', 'used github_pat_11ABCDEFG0aBcDeFgHiJkL_mnop', 'used [redacted]'],
  ['a key of Stripe', 'got sk_live_51Habcdefghijk', 'got [redacted]'],
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
  '12 tests passed: 3 of them after a bypass=1 of the compass: north',
  'passes: 3, passing: 4, passengers=5, pinned: true, pinging=1, spin=2, pin count: 3, pinCount=4',
  'the option --token needs a value, --password is not one',
  'run it with --passes 3 --pinned x',
  'http://127.0.0.1:8080/@scope/name and https://[::1]:8080/a@b',
  'https://example.com/a:b/c@d, git@github.com:owner/name, redis://h1:6379,h2:6379/tom@x',
  'task_live_1234567890, AKIA, ghp_short, sk_live_',
  'secretary, authority, cookies are fine, the token was refused',
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
    '[',
    ']',
    '{',
    '}',
    '--',
    '%3D',
    'dbPass',
    'pin',
    'x/y',
    'sk_live_a1b2c3d4',
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
  'token:[',
  'token:{',
  'token:{{"',
  "token:['",
  'token:\\"\\\\\\"',
  'token%25',
  '--token',
  '--token ',
  '-',
  'aPass',
  'a://b:c/',
  'ghp_',
  'sk_live_',
  'AKIA',
  'pin',
  'token:\n- ',
])('a long text of %j takes no longer than others', (part) => {
  const text = part.repeat(2e7 / part.length);
  expect(redactText(text).length).toBeLessThan(2 * longestText);
  for (let i = 0; i < 20; i++) redactText(part.repeat(longestText / part.length));
});
