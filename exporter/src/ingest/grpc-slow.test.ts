import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { eventBytes, GrpcFixture, until } from '../../test/helpers/grpc-fixture';

const framed = (id: string): Buffer => {
  const message = eventBytes({ event_id: id, payload: 'x' });
  const head = Buffer.from([0, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

describe('a message that comes too slowly over a stream that is alive', () => {
  let fixture: GrpcFixture;
  let http2: ClientHttp2Session;
  const open = (): { stream: ClientHttp2Stream; ended: Promise<number> } => {
    const stream = http2.request({
      ':method': 'POST',
      ':path': '/selfcheer.v1.IngestService/IngestStream',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const ended = new Promise<number>((resolve, reject) => {
      stream.on('trailers', (headers) => resolve(Number(headers['grpc-status'])));
      stream.on('error', reject).resume();
    });
    return { stream, ended };
  };

  beforeEach(async () => {
    fixture = await new GrpcFixture({ limits: { minBytesPerSecond: 1_000 } }).start();
    http2 = connect(`http://127.0.0.1:${fixture.port}`);
  });
  afterEach(async () => {
    http2.destroy();
    await fixture.close();
  });

  it('ends that stream after what was whole is stored, and no other', async () => {
    const { acceptor, memory } = fixture.ingest;
    const [slow, idle] = [open(), open()];
    idle.stream.write(framed('idle-1'));
    slow.stream.write(framed('slow-1'));
    await until(() => acceptor.events.length === 2);
    slow.stream.write(framed('slow-2').subarray(0, 7));
    expect(await slow.ended).toBe(status.DEADLINE_EXCEEDED);
    // Between two messages a stream may be quiet for as long as it likes.
    idle.stream.end(framed('idle-2'));
    expect(await idle.ended).toBe(status.OK);
    expect(acceptor.events.map(({ id }) => id).sort()).toEqual(['idle-1', 'idle-2', 'slow-1']);
    expect(fixture.handled).toEqual([
      'selfcheer.v1.IngestService/IngestStream DEADLINE_EXCEEDED',
      'selfcheer.v1.IngestService/IngestStream OK',
    ]);
    expect(memory.used).toBe(0);
  }, 20_000);
});
