import { nearest } from './nearest';

const known = ['event_id', 'payload', 'timestamp', 'source', 'type', 'key'];

test.each([
  ['eventId', 'event_id'],
  ['event-id', 'event_id'],
  ['EVENT_ID', 'event_id'],
  ['paylod', 'payload'],
  ['timestamps', 'timestamp'],
  ['keys', 'key'],
  ['colour', undefined],
  ['id', undefined],
  ['x'.repeat(10_000), undefined],
])('%.20s is nearest to %s', (name, expected) => {
  expect(nearest(name, known)).toBe(expected);
});
