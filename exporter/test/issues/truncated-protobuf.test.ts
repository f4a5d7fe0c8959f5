import { IngestRequestReader, checkEmptyMessage, splitBatch } from '../../src/ingest/grpc-decode';
import { JsonScanner } from '../../src/ingest/json-scanner';

/*
 * Found by `npm run fuzz`. The reader of protobufjs takes an int64 of which less than five bytes are left as whole,
 * wherever it is cut, and lets a group end as another one: damaged messages were read as if they were not.
 */
describe('a damaged protobuf message', () => {
  const read = (hex: string): object =>
    new IngestRequestReader(new JsonScanner(8)).read(Buffer.from(hex, 'hex'));
  const malformed = { code: 'malformed_message' };

  test.each(['1880', '188080', '18808080', '1880808080', '18ffffffff', '0a016118a0d0ea'])(
    'is refused when it ends within the timestamp (%s)',
    (hex) => expect(read(hex)).toMatchObject(malformed),
  );

  it('is told from one whose timestamp is whole', () => {
    expect(read('187f')).toMatchObject({ timestamp: 127 });
    expect(read('18ffffff7f')).toMatchObject({ timestamp: 268_435_455 });
    expect(read('18ffffffffffffffffff01')).toMatchObject({ timestamp: -1 });
  });

  test.each([
    ['ends as another group', 'a306a446'],
    ['has a field 0', 'a3060000a406'],
    ['never ends', 'a306'],
    ['is nested beyond reason', 'a306'.repeat(1_000) + 'a406'.repeat(1_000)],
  ])('is refused when an unknown group %s', (_, hex) => {
    expect(read(hex)).toMatchObject(malformed);
    expect(splitBatch(Buffer.from(hex, 'hex'), 10)).toMatchObject(malformed);
    expect(checkEmptyMessage(Buffer.from(hex, 'hex'))).toMatchObject(malformed);
  });

  it('is told from one with an unknown group that is whole', () => {
    expect(read('a3060a0161a3060801a406a4060a0162')).toMatchObject({ id: 'b' });
  });
});
