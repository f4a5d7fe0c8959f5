import type { PublishOutcome } from './publisher';
import { bounded, waitReason } from './wait-reason';

const error = new Error('the broker\n says so');

test.each<[Exclude<PublishOutcome, { kind: 'published' }>, RegExp]>([
  [
    { kind: 'waiting', reason: 'topic_missing', error },
    /^topic orders is missing: create it, or allow auto-creation \(the broker says so\)$/,
  ],
  [{ kind: 'waiting', reason: 'not_authorized', error }, /^not authorised for topic orders: grant/],
  [{ kind: 'waiting', reason: 'unavailable', error }, /^the sink is away: the broker says so$/],
  [{ kind: 'ambiguous', error }, /^no answer from the sink/],
  [{ kind: 'refused', reason: 'too_large', error }, /^the sink refuses a record/],
])('%j says what is the matter', (outcome, reason) => {
  expect(waitReason(outcome, 'orders')).toMatch(reason);
});

test('a reason is a line of bounded length', () => {
  expect(bounded('short')).toBe('short');
  expect(bounded('x'.repeat(10_000))).toHaveLength(300);
});
