import { post } from '../helpers/http-post';
import { IngestFixture } from '../helpers/ingest-fixture';

/*
 * Found by `npm run fuzz`: a first line of just the allowed length behind a byte order mark was taken when it came in
 * one piece, and refused as too long when it was cut.
 */
describe('a byte order mark before a line of the greatest length', () => {
  const line = JSON.stringify({ event_id: 'a', payload: 'x'.repeat(100) });
  const body = Buffer.from(`\ufeff${line}\r\n`);
  const headers = { 'content-type': 'application/x-ndjson' };
  let fixture: IngestFixture;
  let port: number;
  beforeEach(async () => {
    fixture = new IngestFixture({ limits: { eventBytes: line.length } });
    port = await fixture.listen();
  });
  afterEach(() => fixture.close());

  it('does not count, however the body is cut', async () => {
    expect((await post(port, body, { headers })).status).toBe(202);
    for (const at of [1, 2, 3, 10, body.length - 2, body.length - 1]) {
      const pieces = [body.subarray(0, at), body.subarray(at)];
      expect((await post(port, pieces, { headers })).status).toBe(202);
    }
  });

  it('does not make a longer line allowed', async () => {
    const longer = Buffer.concat([body.subarray(0, 4), Buffer.from(' '), body.subarray(4)]);
    for (const at of [1, 10, longer.length - 1]) {
      const pieces = [longer.subarray(0, at), longer.subarray(at)];
      expect((await post(port, pieces, { headers })).json.code).toBe('event_too_large');
    }
  });
});
