import fc from 'fast-check';
import { type CheerState, statesWorstFirst } from '../types';
import { only, promStates } from './testing/frames';
import { changesOf } from './timeline';

// One that is off hides none that is well.
const ranks: readonly CheerState[] = ['red', 'yellow', 'warming', 'green', 'disabled'];
const told = fc.constantFrom<CheerState>('green', 'yellow', 'red', 'warming', 'disabled');

test('the state over time is the worst of all pods at each point', () => {
  const pods = fc
    .integer({ min: 1, max: 20 })
    .chain((length) =>
      fc.array(fc.array(told, { minLength: length, maxLength: length }), { minLength: 1, maxLength: 4 })
    );
  fc.assert(
    fc.property(pods, (states) => {
      const worst = states[0].map((_, index) =>
        states.map((pod) => pod[index]).reduce((a, b) => (ranks.indexOf(a) < ranks.indexOf(b) ? a : b))
      );
      const service = only(states.flatMap((words, pod) => promStates({ service: 's', pod: String(pod) }, words)));
      const changes = worst.filter((state, index) => index > 0 && state !== worst[index - 1]).reverse();
      expect(service.state).toBe(worst[worst.length - 1]);
      expect(service.events.map(({ state }) => state)).toEqual(changes.slice(0, 20));
    })
  );
});

test('what nothing is said of does not change', () => {
  expect(changesOf([])).toEqual([]);
});

test('a worse state that is said beside another counts until it is no more', () => {
  const [red, green] = [statesWorstFirst[0], statesWorstFirst[6]];
  const toggles = [
    { time: 3, state: red, on: false },
    { time: 1, state: green, on: true },
    { time: 2, state: red, on: true },
  ];
  expect(changesOf(toggles)).toEqual([
    { time: 2, state: 'red', was: 'green' },
    { time: 3, state: 'green', was: 'red' },
  ]);
});
