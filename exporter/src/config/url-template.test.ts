import fc from 'fast-check';
import { fillUrlTemplate, parseUrlTemplate } from './url-template';

const fill = (text: string, ...values: string[]): string | undefined =>
  fillUrlTemplate(parseUrlTemplate(text), values);

describe('a URL template', () => {
  it('is cut at its placeholders, which are paths', () => {
    expect(parseUrlTemplate('https://geo.example:8443/v1/{user.country}/{items.0}?full=1&q={q}')).toEqual({
      origin: new URL('https://geo.example:8443'),
      texts: ['/v1/', '/', '?full=1&q=', ''],
      paths: [['user', 'country'], ['items', '0'], ['q']],
    });
    expect(parseUrlTemplate('http://geo.example').texts).toEqual(['/']);
    expect(parseUrlTemplate('http://geo.example?q={q}').texts).toEqual(['/?q=', '']);
  });

  it.each([
    ['ftp://h/{a}', /not an http or https URL/],
    ['//h/{a}', /not an http or https URL/],
    ['http://{host}/a', /placeholder in its host/],
    ['http://h{a}/', /placeholder in its host/],
    ['http://h:99999/', /not an http or https URL/],
    ['http://user:secret@h/', /credentials/],
    ['http://h/a#b', /fragment/],
    ['http://h/{}', /does not lead to one value/],
    ['http://h/{a.*}', /does not lead to one value/],
    ['http://h/{a..b}', /does not lead to one value/],
    ['http://h/{a', /without its other half/],
    ['http://h/a b', /percent-encoded/],
  ])('refuses %s', (text, problem) => {
    expect(() => parseUrlTemplate(text)).toThrow(problem);
  });

  it('percent-encodes values, so that each stays in its place', () => {
    expect(fill('http://h/v1/{a}?b={b}', 'ä/../?#&x', 'c d&e=f')).toBe(
      '/v1/%C3%A4%2F..%2F%3F%23%26x?b=c%20d%26e%3Df',
    );
  });

  it.each([[''], ['.'], ['..'], ['\ud800'], ['x'.repeat(8_001)]])(
    'makes no request of %j, which would be another one than was meant',
    (value) => {
      expect(fill('http://h/v1/{a}', value)).toBeUndefined();
    },
  );

  it('takes dots that make no whole segment, and any in the query', () => {
    expect(fill('http://h/v1/{a}.json?b={b}', '..', '..')).toBe('/v1/...json?b=..');
  });

  it('gives a request for the same host and the same segments, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const target = fill('http://h/v1/{a}/end?b={a}', value, value);
        if (target === undefined) return;
        expect(target).toMatch(/^[\x21-\x7e]+$/);
        const url = new URL(target, 'http://h');
        expect(url.host).toBe('h');
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'v1', value, 'end']);
        expect(url.searchParams.get('b')).toBe(value);
        expect(url.hash).toBe('');
      }),
    );
  });
});
