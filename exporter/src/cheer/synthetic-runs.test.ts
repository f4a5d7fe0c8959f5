import fc from 'fast-check';
import { createEvent, type AppendOutcome, type Event, type Traffic } from '../event';
import { SyntheticRuns } from './synthetic-runs';

let now = 1_000;
let seq = 0;
beforeEach(() => {
  now = 1_000;
  seq = 0;
});

const event = (id: string, traffic: Traffic = 'synthetic'): Event =>
  createEvent(
    { id, payload: Buffer.from('1') },
    { receivedAt: 0, tenant: 'default', traffic },
    { source: '/s', type: 't' },
  );
const accepted = (): AppendOutcome => ({ status: 'accepted', revision: 1, lane: 16, seq: ++seq });
const nothing = { refused: [], droppedSeqs: [] };

function runs(limits: { maxRuns?: number; maxEvents?: number } = {}): SyntheticRuns {
  return new SyntheticRuns({ now: () => now, ...limits });
}
const add = (to: SyntheticRuns, ...ids: string[]): void =>
  to.appended(
    ids.map((id) => event(id)),
    ids.map(accepted),
  );
const statuses = (of: SyntheticRuns, run: string): string[] | undefined =>
  of.get(run)?.events.map(({ id, status }) => `${id} ${status}`);

test('follows each event to its end', () => {
  const followed = runs();
  add(followed, 'r/1', 'r/2', 'r/3', 'r/4', 'r/5');
  now = 2_000;
  followed.settled({ through: 4, refused: [{ seq: 2 }], droppedSeqs: [3] });
  expect(followed.get('r')).toEqual({
    run: 'r',
    untracked: 0,
    events: [
      { id: 'r/1', status: 'published', acceptedAt: 1_000, settledAt: 2_000 },
      { id: 'r/2', status: 'quarantined', acceptedAt: 1_000, settledAt: 2_000 },
      { id: 'r/3', status: 'dropped', acceptedAt: 1_000, settledAt: 2_000 },
      { id: 'r/4', status: 'published', acceptedAt: 1_000, settledAt: 2_000 },
      { id: 'r/5', status: 'accepted', acceptedAt: 1_000 },
    ],
  });
});

test('a batch that is sent again changes nothing', () => {
  const followed = runs();
  add(followed, 'r/1');
  followed.settled({ ...nothing, through: 1, refused: [{ seq: 1 }] });
  now = 9_000;
  followed.settled({ ...nothing, through: 1 });
  expect(followed.get('r')?.events[0]).toMatchObject({ status: 'quarantined', settledAt: 1_000 });
});

test('a changed body counts as its last revision', () => {
  const followed = runs();
  add(followed, 'r/1', 'r/2');
  followed.appended([event('r/1')], [{ status: 'updated', revision: 2, lane: 16, seq: 7 }]);
  followed.settled({ ...nothing, through: 2 });
  expect(statuses(followed, 'r')).toEqual(['r/1 accepted', 'r/2 published']);
  followed.settled({ ...nothing, through: 7 });
  expect(statuses(followed, 'r')).toEqual(['r/1 published', 'r/2 published']);
});

test('what is no synthetic event of a run, or was not stored, is not followed', () => {
  const followed = runs();
  const ids = [
    'heartbeat-1',
    'r',
    'r/0',
    'r/01',
    'r/1/2',
    'r/x',
    '/1',
    `${'x'.repeat(65)}/1`,
    'r r/1',
    'r/1\n',
  ];
  add(followed, ...ids);
  followed.appended([event('real/1', 'real')], [accepted()]);
  const unstored: AppendOutcome[] = [
    { status: 'duplicate', revision: 1 },
    { status: 'conflict', revision: 1 },
  ];
  followed.appended([event('d/1'), event('c/1')], unstored);
  for (const run of ['heartbeat-1', 'r', 'real', 'd', 'c', '', 'r r', 'x'.repeat(65), '__proto__']) {
    expect([run, followed.get(run)]).toEqual([run, undefined]);
  }
});

test('a number that is too great is counted, and nothing more is known of it', () => {
  const followed = runs({ maxEvents: 100 });
  add(followed, 'r/100', 'r/101', 'r/999999999');
  followed.settled({ ...nothing, through: 3 });
  expect(followed.get('r')).toMatchObject({ events: [{ id: 'r/100', status: 'published' }], untracked: 2 });
});

test('the oldest run is forgotten first, and what is settled of it later is nothing', () => {
  const followed = runs({ maxRuns: 2 });
  add(followed, 'a/1', 'b/1', 'a/2', 'c/1');
  expect(followed.get('a')).toBeUndefined();
  followed.settled({ ...nothing, through: 4 });
  expect([statuses(followed, 'b'), statuses(followed, 'c')]).toEqual([['b/1 published'], ['c/1 published']]);
  add(followed, 'a/2');
  expect(statuses(followed, 'a')).toEqual(['a/2 accepted']);
});

test('every stored event of a run that is followed is told once, whatever the order', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(numbers, fc.array(fc.nat(40), { maxLength: 10 }), (all, steps) => {
      seq = 0;
      const followed = runs();
      add(followed, ...all.map((number) => `r/${number}`));
      let through = 0;
      for (const step of steps) followed.settled({ ...nothing, through: (through += step) });
      const told = followed.get('r')?.events ?? [];
      const sorted = all.toSorted((a, b) => a - b);
      expect(told.map(({ id }) => id)).toEqual(sorted.map((number) => `r/${number}`));
      for (const { id, status } of told) {
        const place = all.indexOf(Number(id.slice(2))) + 1;
        expect(status).toBe(place <= through ? 'published' : 'accepted');
      }
    }),
  );
});
