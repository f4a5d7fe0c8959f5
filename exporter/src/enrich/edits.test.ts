import { createHmac } from 'node:crypto';
import { storedEvent } from '../../test/helpers/stored-event';
import { Draft } from './draft';
import { createDrop, createHash, createRedact, createRename } from './edits';
import { ok, type Step } from './step';

const salt = 'sixteen letters!';
const hmac = (text: string) => createHmac('sha256', salt).update(text).digest('hex');
const after = (step: Step, json: string) => {
  const draft = new Draft(storedEvent(json));
  expect(step.run(draft)).toBe(ok);
  return draft.payload.toString();
};

describe('steps that change the payload', () => {
  const drop = (...paths: string[][]) => createDrop({ step: 'drop', paths });
  const redact = (...paths: string[][]) => createRedact({ step: 'redact', paths, with: '[gone "x"]' });
  const hash = (...paths: string[][]) => createHash({ step: 'hash', paths, salt });
  const rename = (from: string[], to: string) => createRename({ step: 'rename', from, to });

  it.each([
    ['drop one', drop(['b']), '{ "a": 1, "b": {"c":2}, "d": 3 }', '{ "a": 1, "d": 3 }'],
    ['drop the first', drop(['a']), '{ "a": 1, "b": 2 }', '{ "b": 2 }'],
    ['drop all', drop(['*']), '{"a":1,"b":2}', '{}'],
    ['drop items', drop(['x', '0'], ['x', '1']), '{"x":[1,2,3]}', '{"x":[2]}'],
    [
      'drop in every item',
      drop(['x', '*', 'id']),
      '{"x":[{"id":1,"n":2},{"n":3},4]}',
      '{"x":[{"n":2},{"n":3},4]}',
    ],
    ['drop both of a name', drop(['a']), '{"a":1,"b":2,"\\u0061":3}', '{"b":2}'],
    [
      'redact',
      redact(['u', 'mail']),
      '{"u": {"mail" : ["x"], "n":1}}',
      '{"u": {"mail" : "[gone \\"x\\"]", "n":1}}',
    ],
    ['redact inside what is gone', redact(['u'], ['u', 'x']), '{"u":{"x":1}}', '{"u":"[gone \\"x\\"]"}'],
    ['hash a string by its text', hash(['m']), '{"m":"\\u00e9"}', `{"m":"${hmac('é')}"}`],
    ['hash a number as sent', hash(['m']), '{"m":9007199254740993}', `{"m":"${hmac('9007199254740993')}"}`],
    ['hash leaves null', hash(['m', '*']), '{"m":[null,1]}', `{"m":[null,"${hmac('1')}"]}`],
    ['rename', rename(['a', 'b'], 'ü"'), '{"a":{"b": 1 ,"c":2}}', '{"a":{"ü\\"": 1 ,"c":2}}'],
    ['rename over one before', rename(['b'], 'a'), '{"a":1,"b":2,"c":3}', '{"a":2,"c":3}'],
    ['rename over one after', rename(['b'], 'c'), '{"a":1,"b":2,"c":3}', '{"a":1,"c":2}'],
    ['rename in every item', rename(['*', 'b'], 'c'), '[{"b":1},{"b":2,"c":3}]', '[{"c":1},{"c":2}]'],
    ['rename leaves items', rename(['0'], 'c'), '[1]', '[1]'],
  ])('%s', (_name, step, before, expected) => {
    expect(after(step, before)).toBe(expected);
  });

  it('keep every other byte: white space, escapes, order, numbers beyond 2^53, __proto__', () => {
    const text = (value: string) =>
      `{ "2":1e2, "1": 12345678901234567890.10,\t"s":"\\u00e9\\/😀", "__proto__":{"x":1}, "m":${value},"z":-0 }`;
    expect(after(redact(['m']), text('"me"'))).toBe(text('"[gone \\"x\\"]"'));
  });

  it('pass on the very buffer when nothing is there to change', () => {
    const event = storedEvent('{"a":1}');
    const draft = new Draft(event);
    for (const step of [drop(['x']), redact(['a', 'b']), hash(['x']), rename(['x'], 'y')])
      void step.run(draft);
    expect(draft.payload).toBe(event.payload);
  });

  it('see base64 as the string it is', () => {
    expect(after(drop(['a']), '"eyJhIjoxfQ=="')).toBe('"eyJhIjoxfQ=="');
  });

  it('make later steps see the change', () => {
    const draft = new Draft(storedEvent('{"a":1,"b":2}'));
    expect(draft.value()).toEqual({ a: 1, b: 2 });
    void drop(['a']).run(draft);
    expect(draft.value()).toEqual({ b: 2 });
  });
});
