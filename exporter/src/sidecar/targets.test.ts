import { UsageError } from '../errors';
import { parseTargets, troubleOf } from './targets';

test.each([
  ['http://127.0.0.1:9464', { name: '127.0.0.1:9464', url: 'http://127.0.0.1:9464' }],
  ['127.0.0.1:9464', { name: '127.0.0.1:9464', url: 'http://127.0.0.1:9464' }],
  ['localhost:9464=orders', { name: 'orders', url: 'http://localhost:9464' }],
  ['https://shop.example=shop', { name: 'shop', url: 'https://shop.example' }],
  ['https://shop.example/', { name: 'shop.example', url: 'https://shop.example' }],
  ['http://proxy:80/orders/=orders', { name: 'orders', url: 'http://proxy/orders' }],
  ['http://proxy/a=b=orders', { name: 'orders', url: 'http://proxy/a=b' }],
  ['http://[::1]:9464', { name: '[::1]:9464', url: 'http://[::1]:9464' }],
])('%s', (text, expected) => {
  expect(parseTargets([text])).toEqual([expected]);
});

test.each([
  [[], 'Name the services to look at'],
  [[''], 'is no URL[=name]'],
  [['http://'], 'is no URL[=name]'],
  [['ftp://host=a'], 'must begin with http'],
  [['http://ann:secret@host=a'], 'has no credentials in it'],
  [['http://host?key=a'], 'no ? and no #'],
  [['http://host/#x'], 'no ? and no #'],
  [['http://host='], 'The name ""'],
  [['http://host=a/b'], 'The name "a/b"'],
  [['http://host=..'], 'The name ".."'],
  [['http://host=<b>'], 'The name "<b>"'],
  [[`http://host=${'a'.repeat(64)}`], 'must have 1 to 63'],
  [['http://a=x', 'http://b=x'], 'Two targets are named x'],
  [Array.from({ length: 101 }, (_, n) => `http://host-${n}`), '100 services at most'],
])('%j is refused', (texts, message) => {
  const parse = (): unknown => parseTargets(texts);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
  expect(parse).not.toThrow('secret');
});

test('trouble is told by the first of several addresses, and never by nothing', () => {
  const refused = new Error('connect ECONNREFUSED ::1:1');
  expect(troubleOf(new AggregateError([refused, new Error('other')]))).toBe('connect ECONNREFUSED ::1:1');
  expect(troubleOf(new Error('a\nb'))).toBe('a b');
  expect(troubleOf(new Error(''))).toBe('it failed without a reason');
});
