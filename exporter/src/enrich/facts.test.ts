import { storedEvent } from '../../test/helpers/stored-event';
import { Draft } from './draft';
import { createFingerprint, createLateness, createNormalize, createSet } from './facts';

const enriched = (step: ReturnType<typeof createNormalize>, ...event: Parameters<typeof storedEvent>) => {
  const draft = new Draft(storedEvent(...event));
  void step.run(draft);
  return draft.enriched();
};

describe('facts', () => {
  it('normalize: time and bytes, not characters', () => {
    expect(enriched(createNormalize(), '"é"')).toBe('{"time":"2024-02-29T12:00:00.000Z","payload_bytes":4}');
  });

  it.each([
    [253402300799999, '"9999-12-31T23:59:59.999Z"'],
    [253402300800000, 'null'],
    [-62167219200000, '"0000-01-01T00:00:00.000Z"'],
    [-62167219200001, 'null'],
    [8.7e15, 'null'],
  ])('normalize: time of %d', (timestamp, time) => {
    expect(enriched(createNormalize(), '1', { timestamp })).toBe(`{"time":${time},"payload_bytes":1}`);
  });

  it('fingerprint: the SHA-256 that sha256sum prints', () => {
    expect(enriched(createFingerprint(), '{}')).toBe(
      '{"fingerprint":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}',
    );
  });

  it('lateness: from event time to acceptance, negative when ahead', () => {
    expect(enriched(createLateness(), '1')).toBe('{"lateness_ms":1250}');
    expect(enriched(createLateness(), '1', { timestamp: 2000, acceptedAt: 500 })).toBe(
      '{"lateness_ms":-1500}',
    );
  });

  it('set: any JSON, with any name', () => {
    const value = { b: [1, null], a: 'é"' };
    expect(enriched(createSet({ step: 'set', field: 'x"y', value }), '1')).toBe(
      '{"x\\"y":{"b":[1,null],"a":"é\\""}}',
    );
  });
});
