import { hash } from 'node:crypto';
import { callGrpc, ingestPath } from '../helpers/grpc-caller';
import { Service, temporaryFile, tidyUp } from '../helpers/service';

/*
 * Chapter 3. Enrichment adds facts beside the payload; the payload itself arrives in the sink byte for byte as the
 * producer wrote it, unless a step was told to change it.
 */
describe('03 enriched, and byte for byte', () => {
  afterEach(tidyUp);

  /** Texts that JSON.parse and JSON.stringify would not give back. */
  const awkward = [
    '{ "spaces" :\t[ 1 , 2 ] }',
    '{"big":12345678901234567890,"small":1.10,"exp":1E+2,"zero":-0}',
    '{"b":1,"a":2,"b":3}',
    '{"escaped":"\\u00e9\\/\\u2028","raw":"é😀"}',
    '{"10":1,"9":2,"__proto__":{"x":1}}',
    '"\\ud800"',
    'null',
    '[]',
  ];

  it('leaves every payload as it came, over both transports', async () => {
    const service = await Service.start();
    const body = awkward.map((payload, i) => `{"event_id":"h${i}","payload":${payload}}`).join(',');
    const reply = await service.send(`[${body}]`);
    expect(reply.status).toBe(202);
    for (const [i, payload] of awkward.entries()) {
      await callGrpc(service.app.addresses.grpc, ingestPath, {
        event_id: `g${i}`,
        payload_json: Buffer.from(payload),
      });
    }
    const published = await service.untilPublished(2 * awkward.length);
    const payloads = new Map(published.map(({ id, payload }) => [id, payload]));
    for (const [i, payload] of awkward.entries()) {
      expect(payloads.get(`h${i}`)).toBe(payload);
      expect(payloads.get(`g${i}`)).toBe(payload);
    }
  });

  it('keeps line breaks of a pretty-printed payload, too', async () => {
    const service = await Service.start();
    const payload = JSON.stringify({ a: [1, { b: 2 }] }, null, 2);
    await service.send(`{"event_id":"pretty","payload":${payload}}`);
    const [published] = await service.untilPublished(1);
    expect(published?.payload).toBe(payload);
  });

  it('adds the facts of the default steps, and the headers of CloudEvents and of the trace', async () => {
    const service = await Service.start({ service: 'shop' });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const payload = '{"mag": 4.5}';
    await service.send(`{"event_id":"q","payload":${payload},"timestamp":"2026-01-01T00:00:00Z","key":"k"}`, {
      headers: { 'content-type': 'application/json', traceparent, tracestate: 'a=1' },
    });
    const [event] = await service.untilPublished(1);
    const at = Date.UTC(2026, 0, 1);
    expect(event).toMatchObject({
      key: 'k',
      value: { event_id: 'q', timestamp: at, source: '/selfcheer/shop', type: 'selfcheer.event', key: 'k' },
      headers: {
        ce_specversion: '1.0',
        ce_id: 'q',
        ce_source: '/selfcheer/shop',
        ce_type: 'selfcheer.event',
        ce_time: '2026-01-01T00:00:00.000Z',
        ce_revision: '1',
        'content-type': 'application/json',
        traceparent,
        tracestate: 'a=1',
      },
    });
    expect(event?.headers['origin']).toMatch(new RegExp(`^[0-9a-f-]{36}:${event?.lane}:${event?.seq}$`));
    const { lateness_ms: lateness, ...facts } = event?.value['enriched'] as Record<string, unknown>;
    expect(facts).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      payload_bytes: payload.length,
      fingerprint: hash('sha256', payload, 'hex'),
    });
    expect(lateness).toBeGreaterThan(0);
  });

  it('runs the configured steps in order, over the payload as the ones before left it', async () => {
    const stations = temporaryFile('stations.csv', 'code,name\nAAK,Ala Archa\n');
    const service = await Service.start({
      enrich: [
        { step: 'redact', paths: ['user.email'] },
        { step: 'table', file: stations, key: 'station', column: 'code', field: 'station' },
        { step: 'expression', field: 'seen', expression: 'user.email & " at " & $enriched.station.name' },
        { step: 'set', field: 'region', value: 'asia' },
      ],
    });
    await service.send('{"event_id":"q","payload":{"user": {"email":"a@b.example"}, "station":"AAK"}}');
    const [event] = await service.untilPublished(1);
    expect(event?.payload).toBe('{"user": {"email":"[redacted]"}, "station":"AAK"}');
    expect(event?.value['enriched']).toEqual({
      station: { name: 'Ala Archa' },
      seen: '[redacted] at Ala Archa',
      region: 'asia',
    });
  });

  it('says at the start which step can not be used, instead of failing event after event', async () => {
    const broken = temporaryFile('broken.json', '{"type": "no such type"}');
    const start = (enrich: object[]): Promise<Service> => Service.start({ enrich });
    await expect(start([{ step: 'schema', file: '/no/such/schema.json' }])).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(start([{ step: 'normalize' }, { step: 'schema', file: broken }])).rejects.toThrow(
      /enrich step 2/,
    );
  });
});
