import { clean, table } from './table';

const codes = (...ranges: readonly (readonly [number, number])[]): number[] =>
  ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));

describe('clean', () => {
  // Text that reads other than it is (Trojan Source, CVE-2021-42574), and what moves a terminal's cursor.
  test.each(
    codes(
      ...([[0x202a, 0x202e] as const, [0x2066, 0x2069] as const, [0x200e, 0x200f] as const] as const),
      ...([[0x61c, 0x61c] as const, [0, 0x1f] as const, [0x7f, 0x9f] as const] as const),
      [0x2028, 0x2029],
    ),
  )('shows U+%i as a replacement', (code) => {
    const text = `a${String.fromCodePoint(code)}b`;
    expect(clean(text)).toBe('a\ufffdb');
    expect(table(['KEY'], [[text]])).toBe('KEY\na\ufffdb\n');
  });

  test('leaves text of any script alone', () => {
    const text = 'Erdbeben, 地震, زلزال, רעידה, 👩‍🔬';
    expect(clean(text)).toBe(text);
  });
});
