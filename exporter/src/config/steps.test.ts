import { stepSchema } from './steps';

const problems = (step: unknown) =>
  stepSchema.safeParse(step).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the schema of steps', () => {
  it('reads a dotted path as its parts, and takes a list for names that hold dots', () => {
    const parsed = stepSchema.parse({ step: 'drop', paths: ['user.email', ['a.b', '0'], 'items.*.id'] });
    expect(parsed).toEqual({
      step: 'drop',
      paths: [
        ['user', 'email'],
        ['a.b', '0'],
        ['items', '*', 'id'],
      ],
    });
  });

  it.each([
    [{ step: 'drop', paths: ['user..email'] }, 'paths.0: names nothing'],
    [{ step: 'drop', paths: [[]] }, 'paths.0: names nothing'],
    [{ step: 'drop', paths: [] }, 'paths'],
    [{ step: 'rename', from: 'a.*', to: 'b' }, 'from: must end in the name'],
    [{ step: 'rename', from: 'x.a', to: 'a' }, 'to: is the name'],
    [{ step: 'hash', paths: ['a'], salt: 'short' }, 'salt: needs at least 16'],
    [{ step: 'set', field: '__proto__', value: 1 }, 'field: can not be a field'],
    [{ step: 'table', file: 't.csv', key: 'a.*', column: 'c', field: 'f' }, 'key: must lead to one value'],
    [{ step: 'normalise' }, 'step'],
    [{ step: 'lateness', unit: 's' }, 'unit'],
  ])('refuses %j', (step, problem) => {
    expect(problems(step)?.join()).toContain(problem);
  });
});
