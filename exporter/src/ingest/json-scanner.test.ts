import fc from 'fast-check';
import { JsonScanner } from './json-scanner';

const scanner = new JsonScanner(64);

function accepts(text: string): boolean {
  const bytes = Buffer.from(text);
  const end = scanner.value(bytes, 0, bytes.length);
  return end >= 0 && scanner.whitespace(bytes, end, bytes.length) === bytes.length;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('JsonScanner', () => {
  const tricky = [
    ...[
      '',
      ' ',
      '1',
      '-',
      '-0',
      '01',
      '-01',
      '1.',
      '.5',
      '1.5',
      '1e',
      '1e+',
      '1E-7',
      '0e0',
      '1e5.3',
      '+1',
      '0x1',
      '1 2',
    ],
    ...[
      '"',
      '"a',
      '"\\"',
      '"\\u12"',
      '"\\u12G4"',
      '"\\u1234"',
      '"\\x"',
      '"\\/\\b\\f\\n\\r\\t\\\\\\""',
      '"\t"',
      '"\u007f"',
    ],
    ...[
      '"\\ud800"',
      '"\u2028"',
      "'a'",
      '"a" "b"',
      'true',
      'tru',
      'trux',
      'true1',
      'nulll',
      'null',
      'False',
      'NaN',
      'Infinity',
    ],
    ...[
      '[]',
      '[ ]',
      '[,]',
      '[1,]',
      '[1 2]',
      '[1]]',
      '[[1]',
      '[1}',
      '{}',
      '{ }',
      '{,}',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{a:1}',
    ],
    ...[
      '{"a":1 "b":2}',
      '{"a" : [ { } , 1 ] }',
      '{"a":1]',
      '{1:1}',
      '[{]}',
      '\ufeff1',
      '\u00a01',
      '\v1',
      '1\n',
      '//x\n1',
      '[1,\r\n2]',
    ],
  ];
  test.each(tricky)('agrees with JSON.parse on %j', (text) => {
    expect(accepts(text)).toBe(parses(text));
  });

  it('accepts every document that JSON.stringify makes, however it is indented', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom('', ' ', '\t', '\n\r '), (value, indent) => {
        expect(accepts(JSON.stringify(value, null, indent) ?? 'null')).toBe(true);
      }),
    );
  });

  it('accepts exactly the documents that JSON.parse accepts after any one edit', () => {
    const edit = fc.record({
      value: fc.jsonValue({ maxDepth: 4 }),
      at: fc.nat(1000),
      remove: fc.nat(2),
      insert: fc.constantFrom(
        '',
        '"',
        '\\',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '0',
        '-',
        '.',
        'e',
        ' ',
        '\n',
        'u',
        'true',
        '\u0001',
        'é',
      ),
    });
    fc.assert(
      fc.property(edit, ({ value, at, remove, insert }) => {
        const text = JSON.stringify(value);
        const cut = at % (text.length + 1);
        const edited = text.slice(0, cut) + insert + text.slice(cut + remove);
        expect(accepts(edited)).toBe(parses(edited));
      }),
      { numRuns: 3000 },
    );
  });

  it('accepts exactly the documents that JSON.parse accepts among random tokens', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\n"',
      '1',
      '-2.5e3',
      'null',
      'true',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 9 }), (tokens) => {
        const text = tokens.join('');
        expect(accepts(text)).toBe(parses(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('stops exactly after the value, wherever in a buffer it stands', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.string(),
        fc.constantFrom(',', ']', '}', ' ', '\n'),
        (value, before, after) => {
          const text = JSON.stringify(value);
          const bytes = Buffer.from(before + text + after);
          const from = Buffer.byteLength(before);
          const end = scanner.value(bytes, from, bytes.length);
          expect(JSON.parse(bytes.toString('utf8', from, end))).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('refuses what is deeper than the limit, with its place, and counts what is open around the value', () => {
    const three = new JsonScanner(3);
    const fits = Buffer.from('[[{}]]');
    expect(three.value(fits, 0, fits.length)).toBe(6);
    expect(three.value(fits, 0, fits.length, 1)).toBe(-1);
    expect(three).toMatchObject({ error: 'too_deep', errorAt: 2 });
  });

  it('is not overflowed by a very deep document', () => {
    const deep = Buffer.from('['.repeat(1_000_000) + ']'.repeat(1_000_000));
    expect(scanner.value(deep, 0, deep.length)).toBe(-1);
    expect(scanner).toMatchObject({ error: 'too_deep', errorAt: 64 });
    expect(new JsonScanner(1_000_000).value(deep, 0, deep.length)).toBe(2_000_000);
  });

  it('never reads beyond the end it was given', () => {
    for (const text of ['"abc"', '123', 'true', '"\\u0041"', '{"a":1}', '[1]']) {
      const bytes = Buffer.from(text);
      for (let end = 0; end < bytes.length; end++) {
        const cut = text.slice(0, end);
        expect(scanner.value(bytes, 0, end) === end).toBe(parses(cut));
      }
    }
  });
});
