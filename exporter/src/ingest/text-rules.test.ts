import fc from 'fast-check';
import { textProblem } from './text-rules';

describe('textProblem', () => {
  test.each([
    'a',
    ' ',
    'ü',
    '漢字',
    '😀',
    '\u00a0',
    '\u2028',
    '~',
    'a'.repeat(512),
    'ü'.repeat(256),
    '😀'.repeat(128),
  ])('allows %j', (text) => {
    expect(textProblem(text, 512)).toBeUndefined();
  });

  test.each([
    ['', 'is empty'],
    ['a\u0000', 'has the control character U+0000 at position 1'],
    ['\n', 'has the control character U+000A at position 0'],
    ['\u007f', 'has the control character U+007F at position 0'],
    ['\u0085', 'has the control character U+0085 at position 0'],
    ['a\ud800', 'has half a surrogate pair at position 1'],
    ['\udc00a', 'has half a surrogate pair at position 0'],
    ['\ud800a', 'has half a surrogate pair at position 0'],
    ['a'.repeat(513), 'has 513 bytes; at most 512 are allowed'],
    ['ü'.repeat(257), 'has 514 bytes; at most 512 are allowed'],
    ['😀'.repeat(129), 'has 516 bytes; at most 512 are allowed'],
  ])('refuses %j', (text, problem) => {
    expect(textProblem(text, 512)).toBe(problem);
  });

  it('counts bytes as UTF-8 does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(40), (text, limit) => {
        const bytes = Buffer.byteLength(text);
        const problem = textProblem(text, limit);
        if (problem === undefined) expect(bytes).toBeLessThanOrEqual(limit);
        else if (problem.includes('bytes')) expect(problem).toContain(`has ${bytes} bytes`);
      }),
    );
  });
});
