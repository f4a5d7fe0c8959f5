import fc from 'fast-check';
import { z } from 'zod';
import { configKeys, type ConfigKey } from './keys';
import { memberOf } from './member';
import { loadConfig } from './load';

const keys = configKeys();

/** A text for the variable and the value that it must become. */
function sample(key: ConfigKey, seed: number): { text: string; value: unknown } {
  // No two of them listen on one port.
  const port = 1 + (seed % 65_000) + keys.indexOf(key);
  const [first = ''] = key.expected.replace('one of ', '').split(', ');
  switch (key.kind) {
    case 'number': {
      const below1 = key.expected.endsWith('below 1');
      const upTo09 = key.expected.endsWith('at most 0.9');
      const value = below1 ? (seed % 100) / 100 : upTo09 ? (1 + (seed % 90)) / 100 : 1 + (seed % 200);
      return { text: String(value), value };
    }
    case 'boolean':
      return { text: seed % 2 === 0 ? 'true' : '0', value: seed % 2 === 0 };
    case 'textList': {
      if (key.name === 'auth.jwt.algorithms') return { text: 'ES384, EdDSA', value: ['ES384', 'EdDSA'] };
      const scheme = ['adminCors', 'ingest.cors'].includes(key.name) ? 'http://' : '';
      const value = [`${scheme}a:${port}`, `${scheme}b:2`];
      return { text: value.join(', '), value };
    }
    case 'structured':
      return key.expected === 'section' ? { text: '{}', value: {} } : { text: '[]', value: [] };
    case 'text': {
      if (key.expected.startsWith('one of')) return { text: first, value: first };
      const isPath = ['dataDir', 'flags.file', 'auth.jwt.jwksFile'].includes(key.name);
      const value = isPath
        ? `/tmp/${seed}`
        : ['http', 'grpc', 'admin', 'consul.address'].includes(key.name)
          ? `host:${port}`
          : ['consul.agent', 'auth.jwt.jwksUri'].includes(key.name)
            ? `http://localhost:${port}`
            : `v${seed}`;
      return { text: value, value };
    }
  }
}

test('names are unique and follow the contract', () => {
  const names = Object.fromEntries(keys.map((key) => [key.name, key.env]));
  expect(new Set(Object.values(names)).size).toBe(keys.length);
  expect(names).toMatchObject({
    http: 'SELFCHEER_HTTP',
    grpc: 'SELFCHEER_GRPC',
    admin: 'SELFCHEER_ADMIN',
    dataDir: 'SELFCHEER_DATA_DIR',
    ack: 'SELFCHEER_ACK',
    logLevel: 'LOG_LEVEL',
    'ingest.mintIds': 'SELFCHEER_INGEST_MINT_IDS',
    'ingest.limits.bodyBytes': 'SELFCHEER_INGEST_LIMITS_BODY_BYTES',
    'kafka.brokers': 'KAFKA_BROKERS',
    'kafka.topic': 'KAFKA_TOPIC',
  });
});

test('every key can be set by its variable, whatever the value', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      // Of these two there is one.
      const left = ['auth.jwt.jwksUri', 'auth.jwt.jwksFile'][seed % 2];
      const set = keys.filter((key) => key.name !== left);
      const env = Object.fromEntries(set.map((key) => [key.env, sample(key, seed).text]));
      const { config, sources } = loadConfig({ env, cwd: '/nowhere' });
      for (const key of set) {
        expect([key.name, key.path.reduce<unknown>(memberOf, config)]).toEqual([
          key.name,
          sample(key, seed).value,
        ]);
        expect(sources.get(key.name)).toEqual({ kind: 'env', variable: key.env });
      }
    }),
    { numRuns: 30 },
  );
});

test('every key says what it is for', () => {
  expect(keys.filter((key) => key.description === '').map((key) => key.name)).toEqual([]);
});

test('a new key needs nothing but the schema', () => {
  const root = z.strictObject({
    newPart: z.strictObject({ someURLs: z.array(z.string()).default([]).describe('Told once') }).prefault({}),
  });
  expect(configKeys(root)).toEqual([
    expect.objectContaining({
      name: 'newPart.someURLs',
      env: 'SELFCHEER_NEW_PART_SOME_URLS',
      kind: 'textList',
      description: 'Told once',
      defaultValue: [],
    }),
  ]);
});
