import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { post } from '../../test/helpers/http-post';
import { ByteBudget } from './byte-budget';
import { LargeBodies, type LargeBody } from './large-bodies';
import { HaltError, RequestBody, type Halt } from './request-body';

describe('RequestBody', () => {
  const memory = new ByteBudget(1000);
  const waits: number[] = [];
  let short = 0;
  let server: Server;
  let port: number;
  let use: (request: IncomingMessage) => Promise<unknown>;

  beforeAll(async () => {
    server = createServer((request, response) => {
      void use(request).then((outcome) => response.end(JSON.stringify(outcome)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    short = 0;
    waits.length = 0;
  });

  const open = (request: IncomingMessage, maxWaitMs: number, large: LargeBody): RequestBody =>
    new RequestBody(request, {
      encoding: 'identity',
      maxBytes: 300_000,
      deadlineMs: 4_000,
      minBytesPerSecond: 1,
      maxWaitMs,
      memory,
      large,
      clock: () => performance.now(),
      onShort: () => short++,
      onWaited: (ms) => waits.push(ms),
    });

  /** The body's length, or why it was not read; and what is reserved after that. */
  async function length(request: IncomingMessage, maxWaitMs: number): Promise<[number | Halt, number]> {
    const large = new LargeBodies(memory.capacity).open();
    const body = open(request, maxWaitMs, large);
    let outcome: number | Halt;
    try {
      const whole = await body.whole();
      outcome = whole.length;
      memory.release(whole.length);
      large.close();
    } catch (error) {
      if (!(error instanceof HaltError)) throw error;
      outcome = error.halt;
    } finally {
      body.close();
    }
    return [outcome, memory.used];
  }

  it('reads no more at once than 64 KiB, however much is buffered', async () => {
    // As Node 24 buffers: twice as much as what other requests may leave free.
    const buffered = new PassThrough({ highWaterMark: 2 ** 20 });
    buffered.end(Buffer.alloc(200_000));
    const body = open(buffered as unknown as IncomingMessage, 50, new LargeBodies(memory.capacity).open());
    const lengths: number[] = [];
    for await (const chunk of body.chunks()) {
      lengths.push(chunk.length);
      memory.release(chunk.length);
    }
    body.close();
    expect(lengths).toEqual([65_536, 65_536, 65_536, 200_000 - 3 * 65_536]);
  });

  it('reserves what it reads', async () => {
    let during = 0;
    use = (request) => {
      const reading = length(request, 50);
      during = memory.used;
      return reading;
    };
    expect((await post(port, Buffer.alloc(800), { headers: {} })).text).toBe('[800,0]');
    expect(during).toBe(0);
    expect(short).toBe(0);
  });

  it('reserves nothing for bytes that were announced and have not come', async () => {
    use = (request) => length(request, 50);
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc');
    while (memory.used === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(memory.used).toBe(3);
    socket.destroy();
    while (memory.used > 0) await new Promise((resolve) => setTimeout(resolve, 2));
  });

  it('waits for memory, asks for what can be given back, and tells how long', async () => {
    memory.tryReserve(900);
    use = (request) => length(request, 4_000);
    const reply = post(port, Buffer.alloc(800), { headers: {} });
    while (memory.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    memory.release(900);
    expect((await reply).text).toBe('[800,0]');
    expect(short).toBe(1);
    expect(waits).toHaveLength(1);
  });

  it('gives up when no memory comes free in time, holding nothing', async () => {
    memory.tryReserve(900);
    use = (request) => length(request, 20);
    const [halt, used] = JSON.parse((await post(port, Buffer.alloc(800), { headers: {} })).text) as [
      Halt,
      number,
    ];
    expect(halt).toMatchObject({ kind: 'refusal', refusal: { code: 'buffer_full' } });
    expect(used).toBe(900);
    expect(memory.waiting).toBe(0);
    memory.release(900);
  });

  it('reads a body that is larger than all of the memory, when it is alone', async () => {
    use = (request) => length(request, 20);
    expect((await post(port, Buffer.alloc(300_000), { headers: {} })).text).toBe('[300000,0]');
  });
});
