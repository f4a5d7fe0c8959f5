import { createLogger, withCorrelation } from './logger';

function setUp(level: 'info' | 'debug' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'exporter',
    level,
    destination: { write: (line) => void lines.push(line) },
  });
  const entries = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { lines, logger, entries };
}

test('one JSON object a line, with level, time, service and a correlation id', () => {
  const { lines, logger, entries } = setUp();
  logger.info('first\nsecond');
  logger.debug('not shown');
  logger.warn({ note: 'a\r\nb\u2028c' }, 'third');
  expect(lines).toHaveLength(2);
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  const [first, second] = entries();
  expect(first).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: 'exporter',
    msg: 'first\nsecond',
    correlation_id: expect.any(String),
  });
  expect(second).toMatchObject({ level: 'warn', correlation_id: first?.['correlation_id'] });
});

test('children carry their correlation id once, and hand it on', () => {
  const { lines, logger, entries } = setUp();
  const request = withCorrelation(logger.child({ component: 'ingest' }), 'trace-1');
  request.info('a');
  request.child({ lane: 3 }).info('b');
  withCorrelation(request, 'trace-2').info('c');
  logger.info('d');
  expect(entries()).toMatchObject([
    { correlation_id: 'trace-1', component: 'ingest' },
    { correlation_id: 'trace-1', component: 'ingest', lane: 3 },
    { correlation_id: 'trace-2' },
    {},
  ]);
  expect(entries()[3]?.['correlation_id']).not.toMatch(/^trace/);
  expect(lines.every((line) => line.split('correlation_id').length === 2)).toBe(true);
});

test('secrets are redacted wherever they stand', () => {
  const { lines, logger, entries } = setUp();
  const error = Object.assign(new Error('GET https://u:hunter2@host/?token=hunter2 failed'), {
    config: { headers: { Authorization: 'Bearer hunter2hunter2hunter2' } },
    code: 'EFAIL',
  });
  const circular: Record<string, unknown> = { password: 'hunter2' };
  circular['self'] = circular;
  logger.info(
    {
      req: { headers: { authorization: 'hunter2', cookie: 'a=hunter2', 'x-api-key': 'hunter2', host: 'h' } },
      events: [{ event_id: 'e1', payload: { a: 'hunter2' }, accessToken: 'hunter2' }],
      note: 'sent Authorization: bearer hunter2hunter2hunter2 along',
      bytes: Buffer.from('hunter2'),
      circular,
      at: new Date(0),
      count: 3n,
    },
    'with api_key=x and ?api_key=hunter2&page=2',
  );
  logger.error({ err: error }, 'it failed: %s', 'bearer hunter2hunter2hunter2');
  logger.error(error);
  logger.child({ token: 'hunter2' }).info('child');
  logger.info({ nested: { error } }, 'nested');
  expect(lines.join('')).not.toContain('hunter2');
  const [first, second, third] = entries();
  expect(first).toMatchObject({
    req: {
      headers: { authorization: '[redacted]', cookie: '[redacted]', 'x-api-key': '[redacted]', host: 'h' },
    },
    events: [{ event_id: 'e1', payload: '[redacted]', accessToken: '[redacted]' }],
    bytes: '[7 bytes]',
    circular: { password: '[redacted]', self: '[circular]' },
    at: '1970-01-01T00:00:00.000Z',
    count: '3',
    msg: 'with api_key=[redacted] and ?api_key=[redacted]&page=2',
  });
  expect(second).toMatchObject({
    msg: 'it failed: bearer [redacted]',
    err: { type: 'Error', code: 'EFAIL', config: { headers: { Authorization: '[redacted]' } } },
  });
  expect(third).toMatchObject({ msg: 'GET https://u:[redacted]@host/?token=[redacted] failed' });
});

test('secrets are redacted on every way into a line', () => {
  const { lines, logger, entries } = setUp();
  const error = new Error('GET /?token=hunter2 failed', { cause: new Error('password=hunter2') });
  logger.error({ err: error });
  logger.error({ err: error }, undefined);
  logger.error({ err: error, msg: 'its own' });
  logger.info('one %j, two %o, three %s', { password: 'hunter2' }, { a: { cookie: 'hunter2' } }, error);
  logger.info({ lane: 1 }, 'with %j', { apiKey: 'hunter2' });
  logger.setBindings({ token: 'hunter2', component: 'later' });
  logger.child({ auth: 'hunter2' }, { msgPrefix: 'child: ' }).info('password=hunter2');
  logger.info({ msg: 'api_key=hunter2' });
  expect(lines.join('')).not.toContain('hunter2');
  expect(entries().map(({ msg }) => msg)).toEqual([
    'GET /?token=[redacted] failed',
    'GET /?token=[redacted] failed',
    'its own',
    expect.stringMatching(/^one .*, two .*, three Error: GET/),
    'with {"apiKey":"[redacted]"}',
    'child: password=[redacted]',
    'api_key=[redacted]',
  ]);
  expect(lines.every((line) => line.split('"msg":').length === 2)).toBe(true);
  expect(entries().at(-1)).toMatchObject({ component: 'later', token: '[redacted]' });
});

test('what can not be read does not break the path', () => {
  const { logger, entries } = setUp();
  const trap = {
    get boom(): string {
      throw new Error('getter');
    },
  };
  let deep: unknown = 'bottom';
  for (let i = 0; i < 100; i++) deep = { deep };
  expect(() => logger.info({ trap }, 'a')).not.toThrow();
  expect(() => logger.info({ deep }, 'b')).not.toThrow();
  expect(entries()).toMatchObject([{ msg: 'a' }, { msg: 'b' }]);
});

describe('a line is written and nothing is thrown', () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  const traps = new Proxy({}, { get: boom, ownKeys: boom, getPrototypeOf: boom, has: boom });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const unreadable = (name: string): object =>
    Object.defineProperty({ a: 1 }, name, { get: boom, enumerable: true });
  const silent = Object.defineProperty(new Error('x'), 'message', { get: boom });
  test.each<[string, [unknown, ...unknown[]], object]>([
    ['a getter msg', [unreadable('msg')], { a: 1, msg: '[could not be read]' }],
    ['a getter err', [unreadable('err')], { a: 1, msg: '[could not be read]' }],
    [
      'another getter',
      [unreadable('b'), 'hm'],
      { a: 1, b: '[could not be read]', msg: 'hm [could not be read]' },
    ],
    ['a proxy', [traps], { msg: '[could not be read]' }],
    ['a proxy and a text', [traps, 'password=hunter2'], { msg: 'password=[redacted] [could not be read]' }],
    ['a proxy that was revoked', [revoked, 'hm'], { msg: 'hm [could not be read]' }],
    ['a proxy in the message', ['it is %s', traps], { msg: expect.stringContaining('could not be read') }],
    ['a symbol for a number', ['%d pins', Symbol('hunter2')], { msg: '%d pins [could not be read]' }],
    ['a symbol behind an entry', [{ a: 1 }, '%d', Symbol('x')], { a: 1, msg: '%d [could not be read]' }],
    ['an error without a message', [silent], { msg: '[could not be read]' }],
    ['one under its name', [{ err: silent, a: 1 }, 'hm'], { a: 1, msg: 'hm' }],
    ['nothing', [undefined], {}],
    ['a function', [boom], {}],
    ['an object without a prototype', ['%s', Object.create(null)], {}],
    ['a toString that is a text', ['%s', { toString: 'x', valueOf: 'x' }], { msg: '%s [could not be read]' }],
  ])('%s', (_name, args, expected) => {
    const { lines, logger, entries } = setUp();
    Reflect.apply(Reflect.get(logger, 'info') as () => void, logger, args);
    expect(lines).toHaveLength(1);
    expect(entries()).toMatchObject([{ level: 'info', correlation_id: expect.any(String), ...expected }]);
    expect(lines[0]).not.toContain('hunter2');
    expect(lines[0]?.split('"msg":').length).toBeLessThan(3);
  });
});
