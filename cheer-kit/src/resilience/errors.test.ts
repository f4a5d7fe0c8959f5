import { ConsulError } from '../discovery/consul-agent';
import { NoInstanceError } from '../discovery/resolver';
import { BreakerOpenError, BulkheadFullError, CallTimeoutError, HttpError, KitError } from './errors';

const cause = new Error('why');

test.each([
  [new HttpError(503), 'HttpError', 'http_status', true],
  [new HttpError(200, 'the answer is not JSON', { cause }), 'HttpError', 'http_status', false],
  [new CallTimeoutError(5), 'CallTimeoutError', 'call_timeout', true],
  [new BreakerOpenError('geo'), 'BreakerOpenError', 'breaker_open', true],
  [new BulkheadFullError(1, 0), 'BulkheadFullError', 'bulkhead_full', true],
  [new NoInstanceError('nobody', { cause }), 'NoInstanceError', 'no_instance', true],
  [new ConsulError(403, 'Permission denied'), 'ConsulError', 'consul_refused', false],
  [new ConsulError(429, 'slower'), 'ConsulError', 'consul_refused', true],
  [new ConsulError(500, 'No cluster leader'), 'ConsulError', 'consul_refused', true],
])('%p has a name, a code, and whether it passes', (error, name, code, retriable) => {
  expect(error).toBeInstanceOf(KitError);
  expect(error).toMatchObject({ name, code, retriable });
});

test('what was behind it stays', () => {
  expect(new HttpError(200, 'no', { cause }).cause).toBe(cause);
  expect(new NoInstanceError('nobody', { cause }).cause).toBe(cause);
  expect('cause' in new HttpError(503)).toBe(false);
});
