import fc from 'fast-check';
import { applyEdits, findPlaces, removalOf } from './json-spans';

const found = (json: string, path: string[]) => {
  const bytes = Buffer.from(json);
  return findPlaces(bytes, path).map(({ siblings, index }) => {
    const span = siblings[index];
    return span && bytes.toString('utf8', span.value, span.end);
  });
};

describe('places in JSON text', () => {
  it.each([
    ['{"a":{"b":1}}', ['a', 'b'], ['1']],
    [' { "a" : [ 10 , {"b":"x\\"}"} ] } ', ['a', '1', 'b'], ['"x\\"}"']],
    ['[[1,2],[3,4]]', ['*', '1'], ['2', '4']],
    ['{"a":{"x":1},"b":{"x":2}}', ['*', 'x'], ['1', '2']],
    ['{"\\u0065mail":1,"email":2}', ['email'], ['1', '2']],
    ['{"é😀":1}', ['é😀'], ['1']],
    ['{"__proto__":{"x":1}}', ['__proto__', 'x'], ['1']],
    ['{"a":[1,2]}', ['a', '01'], []],
    ['{"a":null,"b":-1.5E+3}', ['b'], ['-1.5E+3']],
    ['"text"', ['a'], []],
    ['{}', ['a'], []],
    ['[]', ['*'], []],
  ])('%s at %j', (json, path, values) => {
    expect(found(json, path)).toEqual(values);
  });

  it('does not recurse into what it skips', () => {
    const deep = `{"deep":${'['.repeat(500_000)}${']'.repeat(500_000)},"a":1}`;
    expect(found(deep, ['a'])).toEqual(['1']);
  });

  it.each(['', '{"a"', '{"a":', '{"a":}', '{"a":1', '{"a":"x', '{a:1}', '[1', '[1 2]', '[,]', '{"a":[}'])(
    'ends on %j, which is no JSON',
    (text) => {
      const find = () => findPlaces(Buffer.from(text), ['b']);
      if (text === '') expect(find()).toEqual([]);
      else expect(find).toThrow(SyntaxError);
    },
  );

  it('finds what JSON.parse finds, in any JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (json, indent) => {
        const value: unknown = JSON.parse(json);
        if (typeof value !== 'object' || value === null) return;
        const text = JSON.stringify(value, null, indent);
        for (const [name, member] of Object.entries(value)) {
          if (name === '*') continue;
          expect(found(text, [name]).map((json) => JSON.parse(json as string) as unknown)).toEqual([member]);
        }
      }),
    );
  });
});

describe('removal', () => {
  it('leaves valid JSON and every kept item, whichever go', () => {
    const items = fc.array(fc.tuple(fc.jsonValue(), fc.boolean()), { maxLength: 8 });
    fc.assert(
      fc.property(items, fc.constantFrom('', ' ', '\n\t'), (list, space) => {
        const text = `[${space}${list.map(([value]) => JSON.stringify(value)).join(`${space},${space}`)}${space}]`;
        const bytes = Buffer.from(text);
        const siblings = findPlaces(bytes, ['*'])[0]?.siblings ?? [];
        const edits = removalOf(siblings, (index) => list[index]?.[1] ?? false);
        const kept = list.filter(([, removed]) => !removed).map(([value]) => value);
        expect(JSON.parse(applyEdits(bytes, edits).toString())).toEqual(JSON.parse(JSON.stringify(kept)));
      }),
    );
  });

  it('gives back the same buffer when there is nothing to do', () => {
    const bytes = Buffer.from('[1]');
    expect(applyEdits(bytes, [])).toBe(bytes);
  });
});
