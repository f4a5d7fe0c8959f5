import { hostOf, isLoopbackHost, isLoopbackHostHeader } from './loopback';

test.each(['127.0.0.1', '127.8.9.10', 'localhost', 'LOCALHOST', '[::1]', '::1'])('%s is loopback', (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each([
  '0.0.0.0',
  '[::]',
  '::',
  '10.0.0.1',
  '128.0.0.1',
  'example.com',
  'localhost.example.com',
  '127.0.0.1.nip.io',
  '',
])('%j is not loopback', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});

test.each([
  ['127.0.0.1:9464', true],
  ['localhost', true],
  ['[::1]:80', true],
  ['evil.example:9464', false],
  ['127.0.0.1.evil.example', false],
  [undefined, false],
])('the Host header %s', (header, expected) => {
  expect(isLoopbackHostHeader(header)).toBe(expected);
});

test('the host of an address', () => {
  expect([hostOf('127.0.0.1:0'), hostOf('[::1]:8080')]).toEqual(['127.0.0.1', '[::1]']);
});
