import { messageOf } from '../errors';
import type { PublishOutcome } from './publisher';

/** Characters of a reason: a line on the page, whatever a broker or a service has to say. */
const longest = 300;

/** A reason as it is told. */
export function bounded(reason: string): string {
  return reason.length <= longest ? reason : `${reason.slice(0, longest - 1)}…`;
}

/** Why a lane has to wait after this outcome, and what to do. */
export function waitReason(outcome: Exclude<PublishOutcome, { kind: 'published' }>, topic: string): string {
  switch (outcome.kind) {
    case 'waiting': {
      const error = messageOf(outcome.error);
      if (outcome.reason === 'topic_missing') {
        return `topic ${topic} is missing: create it, or allow auto-creation (${error})`;
      }
      if (outcome.reason === 'not_authorized') {
        return `not authorised for topic ${topic}: grant the right to write, or check kafka.sasl (${error})`;
      }
      return `the sink is away: ${error}`;
    }
    case 'ambiguous':
      return `no answer from the sink, the batch is sent again: ${messageOf(outcome.error)}`;
    case 'refused':
      return `the sink refuses a record, which is being singled out: ${messageOf(outcome.error)}`;
  }
}
