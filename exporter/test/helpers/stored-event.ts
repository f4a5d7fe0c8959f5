import type { StoredEvent } from '../../src/event';

/** An event as the store gives it, with a payload of this JSON text; the same one every time. */
export function storedEvent(payload: string | Buffer, fields: Partial<StoredEvent> = {}): StoredEvent {
  return {
    lane: 3,
    seq: 42,
    id: 'e-1',
    source: '/selfcheer/test',
    type: 'selfcheer.event',
    key: 'k-1',
    timestamp: Date.parse('2024-02-29T12:00:00.000Z'),
    acceptedAt: Date.parse('2024-02-29T12:00:01.250Z'),
    tenant: 'default',
    traffic: 'real',
    base64: false,
    revision: 1,
    payload: Buffer.from(payload),
    ...fields,
  };
}
