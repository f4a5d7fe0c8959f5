import { view } from '../model/testing/views';
import { countStates, describeChanges, describeService, describeVerdict, stateNote, worstService } from './describe';
import { figure, now, views } from './testing/views';

describe('describeChanges', () => {
  it('says who changed, from what, and why', () => {
    const before = [view('orders'), view('mail')];
    const after = [
      view('orders', { state: 'red', reasons: [{ id: 'breakers', text: 'A breaker is open' }] }),
      view('mail'),
    ];
    expect(describeChanges(before, after)).toBe('orders: Red, was Green. A breaker is open.');
  });

  it('counts what is too much to say', () => {
    const text = describeChanges(views(5), views(5, { state: 'yellow' }));
    expect(text).toContain('service-2: Yellow, was Green.');
    expect(text).not.toContain('service-3');
    expect(text).toMatch(/2 more changed\.$/);
  });

  it('is silent about services that come, go or stay', () => {
    const red = view('orders', { state: 'red' });
    expect(describeChanges([], [red])).toBe('');
    expect(describeChanges([red], [])).toBe('');
    expect(describeChanges([red], [{ ...red }])).toBe('');
  });
});

it('describes a service with its score and all reasons', () => {
  const service = view('orders', {
    state: 'yellow',
    score: figure(61),
    reasons: [
      { id: 'age', text: 'Events wait too long' },
      { id: 'latency', text: 'Too slow' },
    ],
  });
  expect(describeService(service)).toBe('orders: Yellow, score 61, Events wait too long, Too slow');
  expect(describeVerdict(service)).toBe('orders: Yellow, Events wait too long, Too slow');
});

it('finds the first of the worst', () => {
  const services = [view('a'), view('b', { state: 'yellow' }), view('c', { state: 'yellow' })];
  expect(worstService(services)?.name).toBe('b');
  expect(worstService([])).toBeUndefined();
});

it('counts states worst first', () => {
  const services = [view('a'), view('b', { state: 'red' }), view('c')];
  expect(countStates(services)).toEqual([
    { state: 'red', count: 1 },
    { state: 'green', count: 2 },
  ]);
});

it.each([
  ['stale', { lastSeen: now - 180_000 }, 'No new data for 3 min'],
  ['stale', {}, 'No new data'],
  ['unknown', {}, 'The data say nothing of its state'],
  ['warming', {}, 'Too few events to judge'],
  ['disabled', {}, 'Health is switched off'],
  ['green', { since: now - 3_600_000 }, 'for 1 h'],
  ['red', {}, ''],
] as const)('explains %s with %j', (state, facts, text) => {
  expect(stateNote(view('orders', { state, ...facts }), now)).toBe(text);
});
