import fc from 'fast-check';
import { parseRfc3339 } from './timestamp';

describe('parseRfc3339', () => {
  test.each([
    ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['2026-01-01t00:00:00z', Date.UTC(2026, 0, 1)],
    ['2026-01-01 00:00:00Z', Date.UTC(2026, 0, 1)],
    ['1985-04-12T23:20:50.52Z', 482196050520],
    ['1996-12-19T16:39:57-08:00', 851042397000],
    ['1937-01-01T12:00:27.87+00:20', Date.UTC(1937, 0, 1, 11, 40, 27, 870)],
    ['1990-12-31T23:59:60Z', Date.UTC(1991, 0, 1)],
    ['2024-02-29T00:00:00.123456789Z', Date.UTC(2024, 1, 29, 0, 0, 0, 123)],
    ['0001-01-01T00:00:00Z', -62135596800000],
    ['9999-12-31T23:59:59.999Z', 253402300799999],
  ])('reads %s', (text, expected) => {
    expect(parseRfc3339(text)).toBe(expected);
  });

  test.each([
    ...[
      '',
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-00-10T00:00:00Z',
    ],
    ...['2023-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-01-00T00:00:00Z'],
    ...[
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:60:00Z',
      '2026-01-01T00:00:61Z',
      '2026-01-01T00:00:00.Z',
      '2026-01-01T00:00:00,5Z',
    ],
    ...[
      '2026-01-01T00:00:00+24:00',
      '2026-01-01T00:00:00+0100',
      '2026-01-01T00:00:00+01',
      '2026-01-01T00:00:00Zx',
    ],
    ...[
      '+026-01-01T00:00:00Z',
      '2026-1-01T00:00:00ZZ',
      '2026_01-01T00:00:00Z',
      ' 2026-01-01T00:00:00Z',
      '２026-01-01T00:00:00Z',
    ],
    `2026-01-01T00:00:00.${'1'.repeat(30)}Z`,
  ])('refuses %j', (text) => {
    expect(parseRfc3339(text)).toBeNaN();
  });

  it('agrees with Date on every instant, in every offset', () => {
    const date = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, fc.integer({ min: -1439, max: 1439 }), (instant, offset) => {
        expect(parseRfc3339(instant.toISOString())).toBe(instant.getTime());
        const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const two = (value: number): string => String(value).padStart(2, '0');
        const minutes = Math.abs(offset);
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
        expect(parseRfc3339(local + zone)).toBe(instant.getTime());
      }),
    );
  });
});
