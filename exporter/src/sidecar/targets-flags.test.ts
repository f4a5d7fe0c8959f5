import { TargetFlags, type FlagChanged } from './targets-flags';

const at = '2026-11-22T10:00:00.000Z';
const flag = (sequence: number, title = `Flag f is ${sequence}`, kind = 'flag') => ({
  ...{
    sequence,
    at,
    kind,
    title,
    detail: 'on (true); was off (false)',
    state: null,
    reason: null,
    phase: null,
  },
});

function follow(events: readonly object[]) {
  const told: FlagChanged[] = [];
  const asked: number[] = [];
  let answer: () => unknown = () => ({ latest_sequence: 0, events });
  const flags = new TargetFlags({
    ask: (after) => {
      asked.push(after);
      return Promise.resolve().then(() => answer());
    },
    changed: (change) => told.push(change),
    now: () => 7,
  });
  return { flags, told, asked, answerWith: (next: () => unknown) => (answer = next) };
}

test('tells each flag that changes after the first look, once, and asks only when there is news', async () => {
  const { flags, told, asked } = follow([flag(6), flag(5), flag(7, 'red', 'state')]);
  await flags.look('orders', 4);
  await flags.look('orders', 4);
  expect(asked).toEqual([]);
  await flags.look('orders', 7);
  await flags.look('orders', 7);
  expect(asked).toEqual([4]);
  const detail = 'on (true); was off (false)';
  expect(told).toEqual([
    { at: Date.parse(at), service: 'orders', title: 'Flag f is 5', detail },
    { at: Date.parse(at), service: 'orders', title: 'Flag f is 6', detail },
  ]);
});

test('what can not be had is asked for again', async () => {
  const { flags, told, asked, answerWith } = follow([flag(2)]);
  await flags.look('orders', 1);
  answerWith(() => {
    throw new Error('away');
  });
  await expect(flags.look('orders', 2)).rejects.toThrow('away');
  answerWith(() => 'nonsense');
  await expect(flags.look('orders', 2)).rejects.toThrow();
  answerWith(() => ({ events: [flag(2), { ...flag(3), at: null }] }));
  await flags.look('orders', 2);
  expect(asked).toEqual([1, 1, 1]);
  expect(told.map((change) => change.at)).toEqual([Date.parse(at), 7]);
  // It was faster than its summary: that one is not told again.
  await flags.look('orders', 3);
  expect(told).toHaveLength(2);
});

test('a service whose numbers begin anew is followed from there', async () => {
  const { flags, told, asked, answerWith } = follow([]);
  await flags.look('orders', 90);
  await flags.look('orders', 3);
  expect(asked).toEqual([]);
  answerWith(() => ({ events: [flag(4)] }));
  await flags.look('orders', 4);
  expect(told).toHaveLength(1);
});
