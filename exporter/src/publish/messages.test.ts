import fc from 'fast-check';
import type { StoredEvent } from '../event';
import { createMessage } from './messages';

const context = { storeId: '0f'.repeat(8) };

function stored(overrides: Partial<StoredEvent> = {}): StoredEvent {
  return {
    lane: 3,
    seq: 42,
    id: 'us7000abcd',
    source: '/selfcheer/exporter',
    type: 'selfcheer.event',
    key: 'us7000abcd',
    timestamp: 1_700_000_000_123,
    acceptedAt: 1_700_000_000_200,
    tenant: 'default',
    traffic: 'real',
    base64: false,
    revision: 1,
    payload: Buffer.from('{}'),
    ...overrides,
  };
}

function ok(payload: string, enriched = '{}') {
  return { outcome: 'ok', payload: Buffer.from(payload), enriched: Buffer.from(enriched) } as const;
}

test('carries the payload byte for byte between the envelope fields', () => {
  const message = createMessage(stored(), ok('{ "a":1.0,\n "ä": "\\u00e4" }', '{"size":3}'), context);
  expect(message.value.toString()).toBe(
    '{"event_id":"us7000abcd","payload":{ "a":1.0,\n "ä": "\\u00e4" },"timestamp":1700000000123,' +
      '"source":"/selfcheer/exporter","type":"selfcheer.event","enriched":{"size":3}}',
  );
});

test('sends the CloudEvents attributes and the origin as headers, keyed by the partition key', () => {
  const message = createMessage(stored({ key: 'station-7', revision: 2 }), ok('1'), context);
  expect(message).toMatchObject({ lane: 3, seq: 42, key: 'station-7' });
  expect(JSON.parse(message.value.toString())).toMatchObject({ key: 'station-7' });
  expect(message.headers).toEqual({
    ce_specversion: '1.0',
    ce_id: 'us7000abcd',
    ce_source: '/selfcheer/exporter',
    ce_type: 'selfcheer.event',
    ce_time: '2023-11-14T22:13:20.123Z',
    ce_revision: '2',
    'content-type': 'application/json',
    origin: '0f0f0f0f0f0f0f0f:3:42',
  });
});

test('adds trace context, the base64 mark and the synthetic mark only where they belong', () => {
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'a=1' };
  const message = createMessage(stored({ trace, base64: true, traffic: 'synthetic' }), ok('"aGk="'), context);
  expect(message.headers).toMatchObject({
    ...trace,
    ce_datacontentencoding: 'base64',
    synthetic: 'true',
  });
  const plain = createMessage(stored({ trace: { traceparent: trace.traceparent } }), ok('1'), context);
  expect(plain.headers).not.toHaveProperty('tracestate');
});

test('is valid JSON that says what the event said, and the same bytes every time', () => {
  const text = fc.string({ unit: 'binary', minLength: 1 });
  fc.assert(
    fc.property(text, text, text, text, fc.json(), fc.json(), (id, source, type, key, payload, enriched) => {
      const event = stored({ id, source, type, key });
      const message = createMessage(event, ok(payload, enriched), context);
      expect(JSON.parse(message.value.toString())).toEqual({
        event_id: id,
        payload: JSON.parse(payload),
        timestamp: event.timestamp,
        source,
        type,
        ...(key !== id && { key }),
        enriched: JSON.parse(enriched),
      });
      expect(createMessage(event, ok(payload, enriched), context)).toEqual(message);
    }),
  );
});
