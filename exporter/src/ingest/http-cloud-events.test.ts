import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { post } from '../../test/helpers/http-post';

const event = (id: string): object => ({ specversion: '1.0', id, source: '/s', type: 't', data: { id } });

describe('CloudEvents over HTTP', () => {
  const fixture = new IngestFixture();
  let port: number;
  beforeAll(async () => {
    port = await fixture.listen();
  });
  afterAll(() => fixture.close());
  const send = (type: string, body: unknown, more: Record<string, string> = {}): ReturnType<typeof post> =>
    post(port, typeof body === 'string' ? body : JSON.stringify(body), {
      headers: { 'content-type': type, ...more },
    });

  it('takes one in structured mode', async () => {
    const reply = await send('application/cloudevents+json; charset=UTF-8', event('one'));
    expect(reply).toMatchObject({
      status: 202,
      json: { results: [{ event_id: 'one', status: 'accepted' }] },
    });
  });

  it('takes a batch, and rejects one of it with the name of its attribute', async () => {
    const reply = await send('application/cloudevents-batch+json', [
      event('b1'),
      { ...event('b2'), type: 7 },
      event('b3'),
    ]);
    expect(reply.status).toBe(207);
    expect(reply.json.results).toMatchObject([
      { event_id: 'b1', status: 'accepted' },
      { event_id: 'b2', status: 'rejected', error: { code: 'invalid_attribute', field: 'type', index: 1 } },
      { event_id: 'b3', status: 'accepted' },
    ]);
  });

  it('takes one in binary mode, whatever its data are', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'bin', 'ce-source': '/s', 'ce-type': 't' };
    expect(await send('image/png', 'xyz', headers)).toMatchObject({ status: 202, json: { accepted: 1 } });
    expect(fixture.acceptor.events.at(-1)).toMatchObject({
      id: 'bin',
      base64: true,
      payload: Buffer.from('"eHl6"'),
    });
    const missing = await send('application/json', '1', { ...headers, 'ce-type': '' });
    expect(missing).toMatchObject({
      status: 400,
      json: { code: 'invalid_attribute', results: [{ event_id: 'bin' }] },
    });
  });

  it('tells one and a batch apart', async () => {
    expect(await send('application/cloudevents+json', [event('x')])).toMatchObject({
      status: 400,
      json: { code: 'not_an_object' },
    });
    expect(await send('application/cloudevents-batch+json', event('x'))).toMatchObject({
      status: 400,
      json: { code: 'not_an_object' },
    });
  });
});
