import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCode, UsageError } from '../errors';
import { loadConfig, type LoadedConfig } from './load';
import { maskSecrets } from './mask';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function load(yaml: string | undefined, env: Record<string, string> = {}): LoadedConfig {
  if (yaml !== undefined) writeFileSync(join(cwd, 'selfcheer.yaml'), yaml);
  return loadConfig({ env, cwd });
}

function failure(yaml: string | undefined, env: Record<string, string> = {}): string {
  try {
    load(yaml, env);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error('expected a UsageError');
}

describe('precedence', () => {
  test('defaults hold without file and environment', () => {
    const { config, file, sources } = load(undefined);
    expect(config.http).toBe('127.0.0.1:8080');
    expect(config.ingest.limits.bodyBytes).toBe(8 * 2 ** 20);
    expect(file).toBeUndefined();
    expect(sources.get('http')).toEqual({ kind: 'default' });
  });

  test('the environment overrides the file, the file the defaults, and each says so', () => {
    const { config, sources } = load('service: a\nhttp: 127.0.0.1:1\nkafka:\n  topic: filed\n', {
      SELFCHEER_HTTP: '127.0.0.1:2',
    });
    expect([config.service, config.http, config.kafka.topic]).toEqual(['a', '127.0.0.1:2', 'filed']);
    expect(sources.get('http')).toEqual({ kind: 'env', variable: 'SELFCHEER_HTTP' });
    expect(sources.get('kafka.topic')).toEqual({ kind: 'file', file: 'selfcheer.yaml', line: 4 });
    expect(sources.get('kafka.clientId')).toEqual({ kind: 'default' });
  });

  test('an empty variable counts as not set', () => {
    expect(load('kafka: {brokers: [a:1]}', { KAFKA_BROKERS: '' }).config.kafka.brokers).toEqual(['a:1']);
  });

  test('a section whose lines are all comments is the same as none', () => {
    expect(load('kafka:\n  # brokers: [a:1]\nslo:\n').config.kafka.topic).toBe('events');
  });

  test('the result is frozen to its leaves and shares nothing with the next one', () => {
    const { config } = load(undefined);
    expect(Object.isFrozen(config.ingest.limits)).toBe(true);
    expect(() => config.kafka.brokers.push('x')).toThrow(TypeError);
    expect(loadConfig({ env: {}, cwd }).config.kafka.brokers).not.toBe(config.kafka.brokers);
  });
});

describe('paths', () => {
  test('are taken from where they are written', () => {
    mkdirSync(join(cwd, 'etc'));
    writeFileSync(
      join(cwd, 'etc', 'my.yaml'),
      'dataDir: ./store\nenrich:\n  - {step: schema, file: quake.json}\n',
    );
    const file = 'etc/my.yaml';
    const filed = loadConfig({ file, env: {}, cwd }).config;
    expect(filed.dataDir).toBe(join(cwd, 'etc/store'));
    expect(filed.enrich[0]).toMatchObject({ file: join(cwd, 'etc/quake.json') });
    expect(loadConfig({ file, env: { SELFCHEER_DATA_DIR: 'x' }, cwd }).config.dataDir).toBe(join(cwd, 'x'));
    expect(loadConfig({ env: {}, cwd }).config.dataDir).toBe(join(cwd, 'data'));
  });

  test('a named file that is missing fails; the standard one may be absent', () => {
    expect(() => loadConfig({ file: 'no.yaml', env: {}, cwd })).toThrow(/Can't read .*no\.yaml/);
  });
});

describe('problems name path, value, expectation and place', () => {
  test.each([
    ['unknown key', 'hhtp: a:1', 'hhtp is no setting; did you mean http? (selfcheer.yaml:1)'],
    [
      'in a section',
      'kafka:\n  brokers: []\n  broker: a',
      'kafka.broker is no setting; did you mean kafka.brokers?',
    ],
    ['wrong section', 'mintIds: true', 'mintIds is no setting; did you mean ingest.mintIds?'],
    ['far from all', 'zzzzzzzz: 1', 'zzzzzzzz is no setting (selfcheer.yaml:1)'],
    ['__proto__', '__proto__: {admin: x}', '__proto__ is no setting (selfcheer.yaml:1)'],
    [
      '__proto__ as a tenant',
      'tenants:\n  shop: {}\n  __proto__: {eventsPerSecond: 1}',
      'tenants.__proto__ is a name that can not be used: choose another (selfcheer.yaml:3)',
    ],
    [
      'number for address',
      '\nhttp: 8080',
      'http: 8080 is not host:port, for example 127.0.0.1:8080 (selfcheer.yaml:2)',
    ],
    ['port', 'http: localhost:99999', 'http: "localhost:99999" has a port above 65535'],
    ['bounds', 'outbox: {lanes: 0}', 'outbox.lanes: 0 must be a whole number, at least 1, at most 256'],
    [
      'too long for a timer',
      'cheer: {heartbeatSeconds: 9999999}',
      'cheer.heartbeatSeconds: 9999999 must be a number, above 0, at most 86400 (selfcheer.yaml:1)',
    ],
    [
      'clash with a default',
      'http: 127.0.0.1:9464',
      '  admin is where http listens (127.0.0.1:9464): give each a port of its own',
    ],
    [
      'clash with a default of a step',
      'enrich: [{step: lookup, url: "http://h/", field: f, breaker: {sleepSeconds: 9}}]',
      'enrich[0].breaker.maxSleepSeconds is less than sleepSeconds',
    ],
    ['enum', 'ack: brokr', 'ack: "brokr" must be one of outbox, broker'],
    ['section', 'slo: 5', 'slo: 5 must be a section'],
    ['step', 'enrich: [{step: nomalize}]', 'enrich[0].step: "nomalize" must be one of normalize,'],
    ['step guess', 'enrich: [{step: nomalize}]', 'did you mean normalize? (selfcheer.yaml:1)'],
    [
      'step key',
      'enrich:\n- step: schema\n  fil: x',
      'enrich[0].fil is no setting; did you mean enrich[0].file? (selfcheer.yaml:3)',
    ],
    [
      'missing',
      'kafka: {sasl: {mechanism: plain, username: u}}',
      'kafka.sasl.password is missing: text; set it in the file or as KAFKA_SASL_PASSWORD',
    ],
    [
      'empty list',
      'auth: {apiKeys: [{name: a, sha256: x, roles: []}]}',
      'auth.apiKeys[0].roles: a list of 0 must have at least one item',
    ],
    ['no map', '- a', 'selfcheer.yaml must be a list of keys and values'],
    ['twice', 'http: a:1\nhttp: a:2', 'selfcheer.yaml:2 is not valid YAML: Map keys must be unique'],
  ])('%s', (_, yaml, text) => expect(failure(yaml)).toContain(text));

  test.each([
    ['SELFCHEER_HTPP', 'x', 'SELFCHEER_HTPP is no setting; did you mean SELFCHEER_HTTP?'],
    ['SELFCHEER_LOG_LEVEL', 'info', 'SELFCHEER_LOG_LEVEL is no setting; did you mean LOG_LEVEL?'],
    ['SELFCHEER_KAFKA_BROKERS', 'a:1', 'SELFCHEER_KAFKA_BROKERS is no setting; did you mean KAFKA_BROKERS?'],
    ['SELFCHEER_Q', '1', '  SELFCHEER_Q is no setting<end>'],
    [
      'SELFCHEER_OUTBOX_LANES',
      'many',
      'outbox.lanes: "many" must be a whole number, at least 1, at most 256 (SELFCHEER_OUTBOX_LANES)',
    ],
    ['SELFCHEER_INSECURE', 'yes', 'insecure: "yes" must be true or false (SELFCHEER_INSECURE)'],
    ['SELFCHEER_ENRICH', '{step: [', 'enrich must be a list as JSON or YAML'],
    [
      'KAFKA_BROKERS',
      'foo',
      'kafka.brokers[0]: "foo" is not host:port, for example kafka-1:9092 (KAFKA_BROKERS)',
    ],
    ['KAFKA_BROKERS', ',', 'kafka.brokers[0]: "" is not host:port, for example kafka-1:9092 (KAFKA_BROKERS)'],
    ['KAFKA_BROKERS', 'a:1,b:0', 'kafka.brokers[1]: "b:0" has no port from 1 to 65535 (KAFKA_BROKERS)'],
    ['KAFKA_TOPIC', '.', 'kafka.topic: "." is not a topic name'],
    ['KAFKA_TOPIC', '..', 'kafka.topic: ".." is not a topic name'],
    ['KAFKA_TOPIC', 'x'.repeat(240), 'is not a topic name: up to 239 letters'],
    ['SELFCHEER_ADMIN_CORS', '*', 'adminCors[0]: "*" is not an origin as browsers send it'],
    [
      'SELFCHEER_ADMIN_CORS',
      'https://a.example,https://b.example/',
      'adminCors[1]: "https://b.example/" is not',
    ],
    ['LOG_LEVEL', 'loud', 'logLevel: "loud" must be one of trace, debug'],
  ])('%s=%s', (variable, value, text) =>
    expect(`${failure(undefined, { [variable]: value })}<end>`).toContain(text),
  );

  test('all are listed at once', () => {
    const text = failure('a: 1\nb: 2', { SELFCHEER_C: '3' });
    expect(text).toMatch(/^The configuration can't be used \(3 problems\):\n/);
    expect(text.split('\n')).toHaveLength(4);
  });

  test('the process exits with 2', () => expect(exitCode.usage).toBe(2));
});

describe('variables of others', () => {
  test.each([
    'SELFCHEER_SERVICE_HOST',
    'SELFCHEER_EXPORTER_SERVICE_PORT_HTTP',
    'SELFCHEER_PORT',
    'SELFCHEER_PORT_8080_TCP_ADDR',
    'SELFCHEER_API_KEY',
    'KAFKA_HOME',
  ])('%s is let be', (variable) =>
    expect(load(undefined, { [variable]: 'tcp://10.0.0.1:8080' }).warnings).toEqual([]),
  );

  test('a likely misspelling of a KAFKA_ variable is a warning', () => {
    expect(load(undefined, { KAFKA_BROKER: 'a:1' }).warnings).toEqual([
      'KAFKA_BROKER is not used; did you mean KAFKA_BROKERS?',
    ]);
  });
});

describe('secrets', () => {
  const key = { name: 'a', sha256: 'ab'.repeat(32), roles: ['producer'], tenant: 'default' };
  const twice = `{name: a, sha256: ${'ab'.repeat(32)}, roles: [reader]}`;
  const env = {
    SELFCHEER_AUTH_API_KEYS: JSON.stringify([key]),
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: 'u',
    KAFKA_SASL_PASSWORD: 'hunter2',
    SELFCHEER_ENRICH: '[{step: hash, paths: [a.b], salt: hunter2-hunter2-hunter2}]',
  };

  test('are masked in what is shown', () => {
    const text = JSON.stringify(maskSecrets(load(undefined, env).config));
    expect(text).toContain('(secret)');
    expect(text).toContain('"username":"u"');
    expect(text).not.toMatch(/hunter2|abab/);
  });

  test('a text that is too short is not called empty', () => {
    const short = { ...env, SELFCHEER_ENRICH: '[{step: hash, paths: [a], salt: hunter2}]' };
    expect(() => load(undefined, short)).toThrow(/salt: \(secret\) needs at least 16 characters/);
  });

  test.each([
    ['a wrong type', 'kafka: {sasl: {mechanism: plain, username: u, password: [hunter2]}}'],
    ['a wrong pattern', 'auth: {apiKeys: [{name: a, sha256: hunter2, roles: [reader]}]}'],
    ['a duplicate key', 'kafka: {sasl: {password: hunter2, password: hunter2}}'],
    ['a key that is there twice', `auth: {apiKeys: [${twice}, ${twice}]}`],
    ['a broken line', 'kafka:\n  sasl: {password: "hunter2'],
  ])('are not echoed for %s', (_, yaml) => expect(failure(yaml)).not.toMatch(/hunter2|abab/));

  test('are not echoed from a broken variable', () => {
    expect(failure(undefined, { SELFCHEER_AUTH_API_KEYS: '[{name: hunter2' })).not.toContain('hunter2');
  });
});
