import { pageModule } from '../helpers/page-module';

type Format = (value: unknown) => string;
const format = pageModule<
  Record<'exact' | 'count' | 'rate' | 'times' | 'bytes' | 'seconds' | 'span' | 'coarse' | 'percent', Format> &
    Record<'budget' | 'nines' | 'clock' | 'bound', Format> & {
      moment(iso: unknown, nowMs: number): string;
      secondsSince(iso: unknown, nowMs: number): number;
    }
>('format.js');

test.each<[keyof typeof format, number, string]>([
  ['exact', 1_234_567, '1,234,567'],
  ['count', 9_999_999, '9,999,999'],
  ['count', 918_273_645_546, '918.3B'],
  ['rate', 0, '0'],
  ['rate', 0.5, '0.5'],
  ['rate', 12_410.4, '12,410'],
  ['times', 0.061, '0.06×'],
  ['times', 14.4, '14.4×'],
  ['times', 1_000, '1K×'],
  ['bytes', 999, '999 B'],
  ['bytes', 1024, '1 KiB'],
  ['bytes', 8_589_934_592, '8 GiB'],
  ['seconds', 0.000_04, '40 µs'],
  ['seconds', 0.0042, '4.2 ms'],
  ['seconds', 14.23, '14.2 s'],
  ['span', 4 * 60 + 12, '4 min 12 s'],
  ['span', 3_600, '1 h'],
  ['coarse', 3 * 86_400 + 5_000, '3 d'],
  ['percent', 0.1234, '12.3 %'],
  ['budget', -0.62, 'overspent 1.62×'],
  ['nines', 0.999_949, '99.9949 %'],
  ['nines', 1, '100 %'],
])('%s(%d) is %s', (name, value, text) => {
  expect((format[name] as Format)(value)).toBe(text);
});

const numbers = [
  'exact',
  'count',
  'rate',
  'times',
  'bytes',
  'seconds',
  'span',
  'percent',
  'budget',
  'nines',
  'clock',
];
test.each(numbers)('%s shows a dash for what is not known, or no number', (name) => {
  for (const odd of [null, undefined, NaN, Infinity, -Infinity, '12', {}, [], true])
    expect((format as unknown as Record<string, Format>)[name]?.(odd)).toBe('–');
});

test('times that can not be read are not known', () => {
  for (const odd of [null, undefined, '', 'yesterday', {}]) {
    expect(format.moment(odd, 0)).toBe('–');
    expect(format.secondsSince(odd, 0)).toBeNaN();
  }
  expect(format.secondsSince('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:01:00Z'))).toBe(60);
});

test('a figure keeps its unit', () => {
  expect(format.bound('p90 is 184 ms; target 100 ms')).toBe('p90 is 184\u00a0ms; target 100\u00a0ms');
  expect(format.bound(null)).toBe('');
});
