import { compileLinear, LinearRegExp } from './linear-regexp';

describe('linear regular expressions', () => {
  it.each([
    [/(\d+)-(x)?/, 'é😀12-7', 0],
    [/b/i, 'aBb', 2],
    [/^b/m, 'a\nb', 0],
    [/^b/, 'a\nb', 0],
    [/(?<y>\d{4})\/\u00e9/, 'x2024/é', 0],
    [/z/, 'abc', 0],
    [/[^]/, '\n', 0],
  ])('%s on %j finds what RegExp finds', (expression, text, from) => {
    const native = new RegExp(expression, `${expression.flags}g`);
    const linear = new LinearRegExp(expression);
    native.lastIndex = linear.lastIndex = from;
    const expected = native.exec(text);
    const actual = linear.exec(text);
    expect(actual && [...actual, actual.index]).toEqual(expected && [...expected, expected.index]);
    expect(linear.lastIndex).toBe(native.lastIndex);
  });

  it('goes from match to match, and from text to text', () => {
    const linear = new LinearRegExp(/\d/);
    expect(linear.exec('1a2')?.[0]).toBe('1');
    expect(linear.exec('1a2')?.[0]).toBe('2');
    expect(linear.exec('1a2')).toBeNull();
    expect(linear.exec('x7')?.index).toBe(1);
  });

  it('does not take exponential time', () => {
    expect(new LinearRegExp(/^(a+)+$/).exec(`${'a'.repeat(50_000)}!`)).toBeNull();
  });

  it.each(['(?=a)b', '(?<!a)b', '(a)\\1'])('says that %s can not be done', (source) => {
    expect(() => compileLinear(source, '')).toThrow(
      /the pattern .* can't be used .*look-around and back-references/,
    );
  });
});
