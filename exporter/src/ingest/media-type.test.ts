import { isJsonType, isUtf8Charset, parseMediaType } from './media-type';

test.each([
  ['application/json', 'application/json', undefined],
  [' Application/JSON ; Charset="UTF-8" ', 'application/json', 'utf-8'],
  ['text/plain;charset=latin1;x=y', 'text/plain', 'latin1'],
  ['text/plain; x="a;charset=no"; charset=utf-8', 'text/plain', 'utf-8'],
  ['application/json;', 'application/json', undefined],
  ['', '', undefined],
])('parseMediaType %j', (header, essence, charset) => {
  expect(parseMediaType(header)).toEqual({ essence, charset });
});

it('knows what is UTF-8 and what is JSON', () => {
  expect(['utf-8', 'utf8', 'us-ascii', undefined].map(isUtf8Charset)).toEqual([true, true, true, true]);
  expect(['latin1', 'utf-16', ''].map(isUtf8Charset)).toEqual([false, false, false]);
  expect(['application/json', 'application/problem+json', 'text/json'].every(isJsonType)).toBe(true);
  expect(isJsonType('application/jsonx')).toBe(false);
});
