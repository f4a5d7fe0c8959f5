import { connect } from 'node:net';
import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { post } from '../../test/helpers/http-post';

const ndjson = { 'content-type': 'application/x-ndjson' };
const json = { 'content-type': 'application/json' };
const event = (id: string, payload: unknown = 1): string => JSON.stringify({ event_id: id, payload });

describe('what requests may hold of the memory and of the time', () => {
  let fixture: IngestFixture;
  let port: number;
  const start = async (limits: ConstructorParameters<typeof IngestFixture>[0] = {}): Promise<void> => {
    fixture = new IngestFixture(limits);
    port = await fixture.listen();
  };
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  afterEach(async () => {
    await fixture.close();
    await until(() => fixture.memory.used === 0);
  });

  it('takes small events while many slow bodies hold all that large ones may', async () => {
    await start({ limits: { bufferedBytes: 400_000 } });
    const head =
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8388608\r\n\r\n[';
    const idle = Array.from({ length: 16 }, () => connect(port, '127.0.0.1'));
    for (const socket of idle) socket.write(head);
    await until(() => fixture.memory.used === 16);
    const slow = connect(port, '127.0.0.1');
    slow.write(head + ' '.repeat(350_000));
    await until(() => fixture.intake.large.used > 250_000);
    expect(await post(port, event('small'))).toMatchObject({ status: 202 });
    for (const socket of [slow, ...idle]) socket.destroy();
    await until(() => fixture.intake.large.used === 0);
  });

  it('refuses one of several large bodies at once when all of them wait for each other', async () => {
    await start({ limits: { bufferedBytes: 1_000_000 } });
    const answers: string[] = [];
    const sockets = ['a', 'b'].map((id) => {
      const body = event(id, 'x'.repeat(600_000));
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 400_000)}`,
        ),
      );
      socket.on('data', (text) => answers.push(String(text)));
      return { socket, rest: body.slice(400_000) };
    });
    await until(() => fixture.memory.used > 799_000);
    for (const { socket, rest } of sockets) socket.write(rest);
    await until(() => answers.length === 2);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 503 .*buffer_full/s);
    expect(answers[1]).toMatch(/^HTTP\/1\.1 202 /);
    expect(fixture.observer.sheds).toEqual(['bytes']);
    for (const { socket } of sockets) socket.destroy();
    await until(() => fixture.intake.large.used === 0);
  });

  test.each([
    ['a stream', ndjson, '{}\n'.repeat(5_000)],
    ['an array', json, `[${'{},'.repeat(4_999)}{}]`],
  ])(
    'lists the first 1,000 rejections of %s, and reserves what the answer takes',
    async (_name, headers, body) => {
      await start();
      const charged = jest.spyOn(fixture.memory, 'charge');
      const reply = await post(port, body, { headers });
      expect(reply).toMatchObject({ status: 400, json: { rejected: 5_000, unlisted: 4_000 } });
      expect(reply.json.results).toHaveLength(1_000);
      expect(reply.json.results.at(-1)?.error).toMatchObject(
        headers === ndjson ? { line: 1_000 } : { index: 999 },
      );
      // What the items took on the way in was theirs already.
      const listed = Buffer.byteLength(JSON.stringify(reply.json.results)) - 2;
      const taken = charged.mock.calls.reduce((sum, [bytes]) => sum + bytes, 0);
      expect(taken).toBeGreaterThan(listed - 1_000 * 4);
      expect((await post(port, event('a'))).text).not.toContain('unlisted');
    },
  );

  test.each([
    ['a stream', ndjson, '{}\n'.repeat(20_000)],
    ['an array', json, `[${'{},'.repeat(19_999)}{}]`],
  ])('lets others have their turn between the bad items of %s', async (_name, headers, body) => {
    await start();
    let turns = 0;
    let reading = false;
    const count = (): void => {
      turns++;
      if (reading) setImmediate(count);
    };
    const check = fixture.intake.check.bind(fixture.intake);
    fixture.intake.check = (fields) => {
      if (!reading) {
        reading = true;
        setImmediate(count);
      }
      return check(fields);
    };
    await post(port, body, { headers });
    reading = false;
    expect(turns).toBeGreaterThan(15);
  });
});
