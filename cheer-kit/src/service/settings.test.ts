import { createAuthenticator } from '../auth/api-keys';
import { readSettings, type ServiceOptions } from './options';

const base: ServiceOptions = { name: 'shop', version: '1.0.0' };

test('defaults', () => {
  expect(readSettings(base, {})).toEqual({
    track: 'stable',
    slos: expect.objectContaining({ kinds: ['http'], targetSeconds: 0.12 }),
    limits: { budgetFloorRatio: 0.1, latencyTargetSeconds: 0.1, saturationCeilingRatio: 0.7 },
    holdSeconds: 30,
    adminAddress: '127.0.0.1:9464',
    flagsFile: undefined,
    stateDir: undefined,
    logLevel: 'info',
    drainSeconds: 10,
    readinessLagSeconds: 0,
  });
});

const env = {
  SELFCHEER_ADMIN: '127.0.0.1:0',
  SELFCHEER_TRACK: 'canary',
  SELFCHEER_FLAGS_FILE: '/flags.json',
  SELFCHEER_STATE_DIR: '/state',
  LOG_LEVEL: 'debug',
  SELFCHEER_DRAIN_SECONDS: '20',
  SELFCHEER_READINESS_LAG_SECONDS: '2.5',
};

test('the environment fills what the options leave open', () => {
  expect(readSettings(base, env)).toMatchObject({
    track: 'canary',
    adminAddress: '127.0.0.1:0',
    flagsFile: '/flags.json',
    stateDir: '/state',
    logLevel: 'debug',
    drainSeconds: 20,
    readinessLagSeconds: 2.5,
  });
});

test('options come first', () => {
  const given: Partial<ServiceOptions> = {
    ...{ track: 'preview', flagsFile: '/own.json', stateDir: '/own', logLevel: 'warn' },
    ...{ drainSeconds: 0, readinessLagSeconds: 0, admin: { address: '127.0.0.1:1' } },
  };
  expect(readSettings({ ...base, ...given }, env)).toMatchObject({
    ...{ track: 'preview', flagsFile: '/own.json', stateDir: '/own', logLevel: 'warn' },
    ...{ drainSeconds: 0, readinessLagSeconds: 0, adminAddress: '127.0.0.1:1' },
  });
});

test('empty variables count as absent', () => {
  const empty = Object.fromEntries(Object.keys(env).map((name) => [name, '']));
  expect(readSettings(base, empty)).toEqual(readSettings(base, {}));
});

test('what is given as undefined is not given', () => {
  const cheer = { holdSeconds: undefined, latencyTargetSeconds: undefined, budgetFloorRatio: undefined };
  expect(readSettings({ ...base, cheer }, {})).toEqual(readSettings(base, {}));
});

test.each([
  ['INFO', 'info'],
  ['Warning', 'warn'],
  [' debug ', 'debug'],
])('LOG_LEVEL %s', (given, level) => {
  expect(readSettings(base, { LOG_LEVEL: given }).logLevel).toBe(level);
});

test('the latency target of the SLO is that of the cheer unless it has its own', () => {
  const slo = { latency: { targetSeconds: 2 } };
  expect(readSettings({ ...base, slo }, {}).limits.latencyTargetSeconds).toBe(2);
  const cheer = { latencyTargetSeconds: 1 };
  expect(readSettings({ ...base, slo, cheer }, {}).limits.latencyTargetSeconds).toBe(1);
});

/** What JavaScript may give. */
const wrong = <T>(value: unknown): T => value as T;

test.each<[string, Partial<ServiceOptions>, NodeJS.ProcessEnv]>([
  ['name', { name: ' ' }, {}],
  ['name', { name: wrong(undefined) }, {}],
  ['version', { version: '' }, {}],
  ['version', { version: wrong(2) }, {}],
  ['LOG_LEVEL', {}, { LOG_LEVEL: 'loud' }],
  ['logLevel', { logLevel: wrong('loud') }, {}],
  ['SELFCHEER_TRACK', {}, { SELFCHEER_TRACK: 'nightly' }],
  ['track', { track: wrong('nightly') }, {}],
  ['SELFCHEER_DRAIN_SECONDS', {}, { SELFCHEER_DRAIN_SECONDS: 'soon' }],
  ['drainSeconds', { drainSeconds: -1 }, {}],
  ['readinessLagSeconds', { readinessLagSeconds: NaN }, {}],
  ['targetSeconds', { slo: { latency: { targetSeconds: 0 } } }, {}],
  ['slo.availability', { slo: { availability: 1 } }, {}],
  ['slo.latency.objective', { slo: { latency: { objective: 99 } } }, {}],
  ['slo.minBadEvents', { slo: { minBadEvents: NaN } }, {}],
  ['slo.minBadEvents', { slo: { minBadEvents: -1 } }, {}],
  ['slo.kinds', { slo: { kinds: wrong(['http', 'amqp']) } }, {}],
  ['slo.kinds', { slo: { kinds: ['http', 'http'] } }, {}],
  [
    'payouts.*minBadEvents',
    { slo: { more: [{ name: 'payouts', description: '', objective: 0.9, minBadEvents: wrong(undefined) }] } },
    {},
  ],
  ['SELFCHEER_ADMIN.*host:port', {}, { SELFCHEER_ADMIN: '9464' }],
  ['admin.address.*host:port', { admin: { address: '127.0.0.1' } }, {}],
])('a %s that makes no sense is named', (name, options, env) => {
  expect(() => readSettings({ ...base, ...options }, env)).toThrow(RangeError);
  expect(() => readSettings({ ...base, ...options }, env)).toThrow(new RegExp(name));
});

describe('an admin port beyond this machine', () => {
  const admin = { address: '0.0.0.0:9464' };
  const authenticator = createAuthenticator({ apiKeys: [] });

  test('is refused in the open', () => {
    expect(() => readSettings({ ...base, admin }, {})).toThrow(/0\.0\.0\.0:9464.*authenticator/);
    expect(() => readSettings(base, { SELFCHEER_ADMIN: '0.0.0.0:9464' })).toThrow(RangeError);
    expect(() =>
      readSettings({ ...base, admin: { ...admin, insecure: false } }, { SELFCHEER_INSECURE: 'true' }),
    ).toThrow(RangeError);
  });

  test.each<[string, ServiceOptions['admin'], NodeJS.ProcessEnv]>([
    ['an authenticator', { ...admin, authenticator }, {}],
    ['the option', { ...admin, insecure: true }, {}],
    ['the variable', admin, { SELFCHEER_INSECURE: 'true' }],
  ])('is served with %s', (_what, given, env) => {
    expect(readSettings({ ...base, ...(given && { admin: given }) }, env).adminAddress).toBe('0.0.0.0:9464');
  });
});
