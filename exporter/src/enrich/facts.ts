import { hash } from 'node:crypto';
import { labelOf } from './draft';
import { ok, type ConfigOf, type Step } from './step';

/** RFC 3339 knows years 0000 to 9999 only. */
const firstTime = Date.parse('0000-01-01T00:00:00.000Z');
const lastTime = Date.parse('9999-12-31T23:59:59.999Z');

/** `time`: the event's timestamp as RFC 3339 in UTC, null outside its years. `payload_bytes`: as the payload stands here. */
export function createNormalize(): Step {
  const time = labelOf('time');
  const bytes = labelOf('payload_bytes');
  return {
    fields: ['time', 'payload_bytes'],
    run(draft) {
      const { timestamp } = draft.event;
      const known = timestamp >= firstTime && timestamp <= lastTime;
      draft.add(time, known ? `"${new Date(timestamp).toISOString()}"` : 'null');
      draft.add(bytes, String(draft.payload.length));
      return ok;
    },
  };
}

/** SHA-256 of the payload's bytes as they stand here, in hex. */
export function createFingerprint(): Step {
  const label = labelOf('fingerprint');
  return {
    fields: ['fingerprint'],
    run(draft) {
      draft.add(label, `"${hash('sha256', draft.payload, 'hex')}"`);
      return ok;
    },
  };
}

/** Milliseconds from the event's own time to its acceptance, both as stored: a retry finds the same. Negative when ahead. */
export function createLateness(): Step {
  const label = labelOf('lateness_ms');
  return {
    fields: ['lateness_ms'],
    run(draft) {
      draft.add(label, String(draft.event.acceptedAt - draft.event.timestamp));
      return ok;
    },
  };
}

/** A constant. */
export function createSet(config: ConfigOf<'set'>): Step {
  const label = labelOf(config.field);
  const json = JSON.stringify(config.value);
  return {
    fields: [config.field],
    run(draft) {
      draft.add(label, json);
      return ok;
    },
  };
}
