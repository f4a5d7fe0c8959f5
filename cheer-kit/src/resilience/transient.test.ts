import { createServer, type Server } from 'node:http';
import { ConsulError } from '../discovery/consul-agent';
import { NoInstanceError } from '../discovery/resolver';
import { BreakerOpenError, BulkheadFullError, CallTimeoutError, HttpError } from './errors';
import { callResultOf, isTransient } from './transient';

const coded = (code: string): Error => Object.assign(new Error(code), { code });

test.each([
  [new HttpError(408), 'unavailable'],
  [new HttpError(429), 'unavailable'],
  [new HttpError(502), 'unavailable'],
  [new HttpError(503), 'unavailable'],
  [new HttpError(504), 'unavailable'],
  [Object.assign(new Error(), { status: 503 }), 'unavailable'],
  [coded('ECONNREFUSED'), 'unavailable'],
  [coded('EAI_AGAIN'), 'unavailable'],
  [coded('ECONNRESET'), 'ambiguous'],
  [new CallTimeoutError(5), 'ambiguous'],
  [new DOMException('late', 'TimeoutError'), 'ambiguous'],
  [new TypeError('fetch failed', { cause: coded('UND_ERR_SOCKET') }), 'ambiguous'],
  [new NoInstanceError('nobody'), 'unavailable'],
  [new NoInstanceError('not asked', { cause: new ConsulError(403, 'no') }), 'unavailable'],
  [new NoInstanceError('not asked', { cause: coded('ECONNRESET') }), 'unavailable'],
  [new ConsulError(500, 'No cluster leader'), 'unavailable'],
])('%p is transient and %s', (error, result) => {
  expect(isTransient(error)).toBe(true);
  expect(callResultOf(error)).toBe(result);
});

test.each([
  [new HttpError(400), 'refused'],
  [new HttpError(404, 'no', { cause: coded('ECONNRESET') }), 'refused'],
  [new HttpError(500), 'refused'],
  [new HttpError(501), 'refused'],
  [new DOMException('enough', 'AbortError'), 'refused'],
  [new TypeError('a bug'), 'refused'],
  [coded('ENOENT'), 'refused'],
  ['a string', 'refused'],
  [new NoInstanceError('closed', { retriable: false, cause: coded('ECONNRESET') }), 'refused'],
  [new ConsulError(403, 'Permission denied'), 'refused'],
  [new BreakerOpenError('geo'), 'unavailable'],
  [new BulkheadFullError(1, 0), 'unavailable'],
])('%p is not transient and %s', (error, result) => {
  expect(isTransient(error)).toBe(false);
  expect(callResultOf(error)).toBe(result);
});

test('ends when causes go round in a circle', () => {
  const error = new Error('round');
  error.cause = error;
  expect(isTransient(error)).toBe(false);
});

describe('what fetch really throws', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request) => {
      if (request.url === '/reset') request.socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
  });

  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  afterAll(close);

  const thrownBy = async (path: string, signal?: AbortSignal): Promise<unknown> =>
    fetch(url + path, signal ? { signal } : {}).then(
      () => undefined,
      (error: unknown) => error,
    );

  test('reset, late, and nobody there', async () => {
    expect(callResultOf(await thrownBy('/reset'))).toBe('ambiguous');
    expect(callResultOf(await thrownBy('/silent', AbortSignal.timeout(20)))).toBe('ambiguous');
    expect(isTransient(await thrownBy('/silent', AbortSignal.abort()))).toBe(false);
    await close();
    expect(callResultOf(await thrownBy('/'))).toBe('unavailable');
  });
});
