import fc from 'fast-check';
import { fakeServiceView, greenVerdict } from '../../test/fake-service-view';
import { recentEventsCapacity } from '../recent-events';
import { cheerStates, type CheerEvent, type CheerState } from '../verdict';
import { cheerWindowJson } from './cheer-window';

const started = Date.UTC(2026, 0, 1);
const at = (seconds: number): number => started + seconds * 1000;

/** A service that started at 0 and is looked at `now` seconds later. */
function seen(
  events: readonly Omit<CheerEvent, 'sequence' | 'title' | 'detail'>[],
  now: number,
  window: number,
  state: CheerState = 'green',
  since = 3,
) {
  const ring = events.map((event, index) => ({ title: '', detail: '', ...event, sequence: index + 1 }));
  const view = fakeServiceView({
    info: { service: 'shop', version: '1', track: 'stable', startedAt: started },
    verdict: () => ({ ...greenVerdict, state, since: at(since) }),
    events: (after) => ring.filter(({ sequence }) => sequence > after),
  });
  return cheerWindowJson(view, window, at(now));
}

const turned = (seconds: number, state: CheerState) => ({ at: at(seconds), kind: 'state', state }) as const;
const missed = (seconds: number, reason: CheerEvent['reason']) =>
  ({ at: at(seconds), kind: 'miss', ...(reason && { reason }) }) as const;

test('tells the changes, the misses and the time in each state', () => {
  const ring = [
    turned(3, 'green'),
    missed(50, 'timeout'),
    turned(60, 'yellow'),
    turned(90, 'green'),
    missed(95, 'timeout'),
  ];
  expect(seen(ring, 120, 60, 'green', 90)).toEqual({
    seconds: 60,
    from: new Date(at(60)).toISOString(),
    complete: true,
    state_changes: 2,
    miss_events: { latency: 0, downstream: 0, timeout: 1, quarantined: 0, error: 0 },
    seconds_in_state: { warming: 0, green: 30, yellow: 30, red: 0, disabled: 0, unknown: 0 },
  });
});

test('a service that has just started was warming, and before that nobody knows', () => {
  expect(seen([turned(3, 'green')], 10, 60)).toMatchObject({
    complete: true,
    seconds_in_state: { warming: 3, green: 7, unknown: 50 },
  });
});

test('what an earlier process wrote down counts as a change, but not as time', () => {
  const ring = [turned(-100, 'red'), missed(-99, 'downstream'), turned(3, 'green')];
  expect(seen(ring, 10, 3600)).toMatchObject({
    state_changes: 2,
    miss_events: { downstream: 1 },
    seconds_in_state: { red: 0, warming: 3, green: 7, unknown: 3590 },
  });
});

test('of a ring that has run over only what is left is known', () => {
  const misses = Array.from({ length: recentEventsCapacity - 1 }, (_, n) => missed(1000 + n, 'latency'));
  const ring = [...misses, turned(1300, 'yellow')];
  const half = seen(ring, 1400, 600, 'yellow', 1300);
  expect(half).toMatchObject({ complete: false, seconds_in_state: { yellow: 100, green: 0, unknown: 500 } });
  expect(seen(ring, 1400, 390, 'yellow', 1300)).toMatchObject({ complete: true });
});

test('the current state needs no event in the ring', () => {
  const ring = Array.from({ length: recentEventsCapacity }, (_, n) => missed(1000 + n, 'latency'));
  expect(seen(ring, 1400, 1000, 'green', 500)).toMatchObject({
    seconds_in_state: { green: 900, unknown: 100 },
  });
});

test('the parts add up to the window, whatever the clock did', () => {
  const seconds = fc.integer({ min: -5000, max: 5000 });
  const event = fc.record({ at: seconds, state: fc.constantFrom(...cheerStates) });
  fc.assert(
    fc.property(
      fc.array(event),
      seconds,
      fc.integer({ min: 1, max: 9999 }),
      seconds,
      (events, now, window, since) => {
        const ring = events.map(({ at: when, state }) => turned(when, state));
        const parts = Object.values(seen(ring, now, window, 'red', since).seconds_in_state);
        expect(parts.every((part) => part >= 0)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(window, 6);
      },
    ),
  );
});
