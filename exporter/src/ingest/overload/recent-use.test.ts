import fc from 'fast-check';
import { RecentUse } from './recent-use';

function use() {
  let now = 0;
  const recent = new RecentUse(() => now);
  return { recent, pass: (ms: number) => (now += ms) };
}

test('who uses most has nobody above, the next one all of that above', () => {
  const { recent } = use();
  recent.add('a', 100);
  recent.add('b', 600);
  recent.add('c', 300);
  expect(Object.fromEntries(recent.shareAbove())).toEqual({ b: 0, c: 0.6, a: 0.9 });
});

test('what was used two seconds ago weighs half, and is forgotten in the end', () => {
  const { recent, pass } = use();
  recent.add('a', 1_000);
  recent.shareAbove();
  pass(2_000);
  recent.shareAbove();
  recent.add('b', 501);
  expect([...recent.shareAbove().keys()]).toEqual(['b', 'a']);
  expect(recent.shareAbove().get('a')).toBeCloseTo(501 / 1_001, 10);
  pass(60_000);
  expect(recent.shareAbove().size).toBe(0);
});

test('how often it is asked changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 20 }), (pauses) => {
      const [often, once] = [use(), use()];
      for (const { recent } of [often, once]) {
        recent.add('a', 1e9);
        recent.add('b', 3e9);
      }
      for (const ms of pauses) {
        often.pass(ms);
        once.pass(ms);
        often.recent.shareAbove();
      }
      const [one, other] = [often.recent.shareAbove(), once.recent.shareAbove()];
      expect([...one.keys()]).toEqual([...other.keys()]);
      expect(one.get('a')).toBeCloseTo(other.get('a') ?? NaN, 6);
    }),
  );
});
