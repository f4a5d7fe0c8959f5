import { maskSecrets } from './mask';
import { configSchema } from './schema';
import { lookupNames, stepNames, stepSchema } from './steps';

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

  it('masks the headers of a look-up', () => {
    const lookup = { step: 'lookup', url: 'http://h/', field: 'f', headers: { authorization: 'Bearer abc' } };
    const config = configSchema.parse({ enrich: [lookup] });
    expect(JSON.stringify(maskSecrets(config))).not.toContain('abc');
  });

  it('names steps by their kind, with a number where there are several', () => {
    const steps = [
      { step: 'lookup', url: 'http://h/', field: 'a' },
      { step: 'normalize' },
      { step: 'lookup', url: 'http://h/', field: 'b' },
      { step: 'lookup', url: 'http://h/', field: 'c', name: 'geo' },
    ].map((step) => stepSchema.parse(step));
    expect(stepNames(steps)).toEqual(['lookup-1', 'normalize', 'lookup-3', 'geo']);
    expect(lookupNames(steps)).toEqual(['lookup-1', 'lookup-3', 'geo']);
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
    [{ step: 'lookup', url: 'http://{host}/', field: 'f' }, 'url: has a placeholder in its host'],
    [{ step: 'lookup', url: 'http://h/', field: 'f', name: 'kafka' }, 'name: is the name of a sink'],
    [{ step: 'lookup', url: 'http://h/', field: 'f', headers: { host: 'x' } }, 'headers'],
    [{ step: 'lookup', url: 'http://h/', field: 'f', headers: { a: 'b\nc' } }, 'headers.a: is not printable'],
    [
      { step: 'lookup', url: 'http://h/', field: 'f', breaker: { sleepSeconds: 9 } },
      'breaker.maxSleepSeconds: is less than',
    ],
    [{ step: 'normalise' }, 'step'],
    [{ step: 'lateness', unit: 's' }, 'unit'],
  ])('refuses %j', (step, problem) => {
    expect(problems(step)?.join()).toContain(problem);
  });
});
