import { ManualClock } from '../clock';
import { createDnsResolver } from './dns-resolver';
import { createStaticResolver } from './static-resolver';

const never = new AbortController().signal;

function names(answers: (readonly string[] | Error)[]) {
  const clock = new ManualClock();
  let asked = 0;
  const problems: Error[] = [];
  const resolver = createDnsResolver({
    hostname: 'catalog',
    port: 80,
    ttlSeconds: 10,
    clock,
    onProblem: (error) => problems.push(error),
    lookup: () => {
      const answer = answers[Math.min(asked, answers.length - 1)]!;
      asked += 1;
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve(answer.map((address) => ({ address })));
    },
  });
  return { resolver, clock, problems, asked: () => asked };
}

test('all addresses in turn, asked for once within the time to live', async () => {
  const { resolver, clock, asked } = names([['10.0.0.1', '::1'], ['10.0.0.3']]);
  expect(await resolver.pick(never)).toBe('10.0.0.1:80');
  expect(await resolver.pick(never)).toBe('[::1]:80');
  expect(await resolver.pick(never)).toBe('10.0.0.1:80');
  expect(asked()).toBe(1);
  clock.advance(10);
  expect(await resolver.pick(never)).toBe('10.0.0.3:80');
  expect(asked()).toBe(2);
});

test('calls at the same time ask once', async () => {
  const { resolver, asked } = names([['10.0.0.1']]);
  await Promise.all([resolver.pick(never), resolver.pick(never), resolver.pick(never)]);
  expect(asked()).toBe(1);
});

test('what was known stays when the name service fails', async () => {
  const { resolver, clock, asked } = names([['10.0.0.1'], new Error('SERVFAIL')]);
  await resolver.pick(never);
  clock.advance(11);
  expect(await resolver.pick(never)).toBe('10.0.0.1:80');
  expect(await resolver.pick(never)).toBe('10.0.0.1:80');
  expect(asked()).toBe(2);
});

test('without any address it says why, may be tried again, and then asks at once', async () => {
  const { resolver } = names([new Error('ENOTFOUND'), ['10.0.0.1']]);
  await expect(resolver.pick(never)).rejects.toMatchObject({
    code: 'no_instance',
    retriable: true,
    message: 'the addresses of catalog could not be asked for: ENOTFOUND',
    cause: { message: 'ENOTFOUND' },
  });
  expect(await resolver.pick(never)).toBe('10.0.0.1:80');
});

test('a name without addresses is no failure of the name service', async () => {
  await expect(names([[]]).resolver.pick(never)).rejects.toThrow('catalog has no address');
});

test('a row of failures is told once', async () => {
  const bad = new Error('SERVFAIL');
  const { resolver, clock, problems } = names([['10.0.0.1'], bad, bad, ['10.0.0.2'], bad]);
  for (let i = 0; i < 6; i++) {
    await resolver.pick(never);
    clock.advance(11);
  }
  expect(problems).toEqual([bad, bad]);
});

test('a failure that nobody waits for any more harms nobody', async () => {
  const unhandled = jest.fn();
  process.on('unhandledRejection', unhandled);
  const { resolver } = names([new Error('SERVFAIL')]);
  await expect(resolver.pick(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('a wait ends with its signal', async () => {
  const resolver = createDnsResolver({ hostname: 'x', port: 1, lookup: () => new Promise(() => undefined) });
  const giveUp = new AbortController();
  const picked = resolver.pick(giveUp.signal);
  giveUp.abort(new Error('late'));
  await expect(picked).rejects.toThrow('late');
});

test("the system's resolver knows localhost", async () => {
  const resolver = createDnsResolver({ hostname: 'localhost', port: 8080 });
  expect(await resolver.pick(never)).toMatch(/^(127\.0\.0\.1|\[::1\]):8080$/);
});

test('static addresses in turn; none is refused', async () => {
  const resolver = createStaticResolver(['a:1', 'b:2']);
  const picked = [await resolver.pick(never), await resolver.pick(never), await resolver.pick(never)];
  expect(picked).toEqual(['a:1', 'b:2', 'a:1']);
  expect(() => createStaticResolver([])).toThrow(RangeError);
});
