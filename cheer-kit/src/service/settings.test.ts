import { createAuthenticator } from '../auth/api-keys';
import { readSettings, type ServiceOptions } from './options';
import { createSlos } from './slos';

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

test('the latency target of the SLO is that of the cheer unless it has its own', () => {
  const slo = { latency: { targetSeconds: 2 } };
  expect(readSettings({ ...base, slo }, {}).limits.latencyTargetSeconds).toBe(2);
  const cheer = { latencyTargetSeconds: 1 };
  expect(readSettings({ ...base, slo, cheer }, {}).limits.latencyTargetSeconds).toBe(1);
});

test.each<[string, Partial<ServiceOptions>, NodeJS.ProcessEnv]>([
  ['name', { name: ' ' }, {}],
  ['version', { version: '' }, {}],
  ['LOG_LEVEL', {}, { LOG_LEVEL: 'loud' }],
  ['track', {}, { SELFCHEER_TRACK: 'nightly' }],
  ['drainSeconds', {}, { SELFCHEER_DRAIN_SECONDS: 'soon' }],
  ['drainSeconds', { drainSeconds: -1 }, {}],
  ['readinessLagSeconds', { readinessLagSeconds: NaN }, {}],
  ['targetSeconds', { slo: { latency: { targetSeconds: 0 } } }, {}],
])('a %s that makes no sense is named', (name, options, env) => {
  expect(() => readSettings({ ...base, ...options }, env)).toThrow(RangeError);
  expect(() => readSettings({ ...base, ...options }, env)).toThrow(name);
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

describe('SLOs', () => {
  test('two for each kind of work, and those of your own', () => {
    const own = { name: 'payouts', description: 'Payouts arrive.', objective: 0.9, minBadEvents: 1 };
    const { definitions } = createSlos({
      ...{ availability: 0.99, latency: { objective: 0.9, targetSeconds: 0.5 }, minBadEvents: 3 },
      ...{ kinds: ['http', 'kafka'], more: [own] },
    });
    expect(
      definitions.map(({ name, objective, minBadEvents, targetSeconds }) => [
        name,
        objective,
        minBadEvents,
        targetSeconds,
      ]),
    ).toEqual([
      ['http-availability', 0.99, 3, undefined],
      ['http-latency', 0.9, 3, 0.5],
      ['kafka-availability', 0.99, 3, undefined],
      ['kafka-latency', 0.9, 3, 0.5],
      ['payouts', 0.9, 1, undefined],
    ]);
    expect(definitions[1]?.description).toBe('Requests are answered within 500 ms.');
  });

  test('no two of one name', () => {
    const own = { name: 'http-latency', description: '', objective: 0.9, minBadEvents: 1 };
    expect(() => createSlos({ more: [own] })).toThrow(/http-latency/);
  });
});
