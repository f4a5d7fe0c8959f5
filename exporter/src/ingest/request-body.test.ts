import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { post } from '../../test/helpers/http-post';
import { ByteBudget } from './byte-budget';
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

  const open = (request: IncomingMessage, maxWaitMs: number): RequestBody =>
    new RequestBody(request, {
      encoding: 'identity',
      maxBytes: 10_000,
      deadlineMs: 4_000,
      maxWaitMs,
      memory,
      clock: () => performance.now(),
      onShort: () => short++,
      onWaited: (ms) => waits.push(ms),
    });

  /** The body's length, or why it was not read; and what is reserved after that. */
  async function length(
    request: IncomingMessage,
    maxWaitMs: number,
    known: boolean,
  ): Promise<[number | Halt, number]> {
    const body = open(request, maxWaitMs);
    let outcome: number | Halt;
    try {
      const whole = await body.whole(known ? Number(request.headers['content-length']) : undefined);
      outcome = whole.length;
      memory.release(whole.length);
    } catch (error) {
      if (!(error instanceof HaltError)) throw error;
      outcome = error.halt;
    } finally {
      body.close();
    }
    return [outcome, memory.used];
  }

  test.each([true, false])('reserves what it reads (length known before: %s)', async (known) => {
    let during = 0;
    use = (request) => {
      const reading = length(request, 50, known);
      during = memory.used;
      return reading;
    };
    expect((await post(port, Buffer.alloc(800), { headers: {} })).text).toBe('[800,0]');
    expect(during).toBe(known ? 800 : 0);
    expect(short).toBe(0);
  });

  test.each([true, false])(
    'waits for memory, asks for what can be given back, and tells how long (%s)',
    async (known) => {
      memory.tryReserve(900);
      use = (request) => length(request, 4_000, known);
      const reply = post(port, Buffer.alloc(800), { headers: {} });
      while (memory.waiting === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      memory.release(900);
      expect((await reply).text).toBe('[800,0]');
      expect(short).toBe(1);
      expect(waits).toHaveLength(1);
    },
  );

  test.each([true, false])(
    'gives up when no memory comes free in time, holding nothing (%s)',
    async (known) => {
      memory.tryReserve(900);
      use = (request) => length(request, 20, known);
      const [halt, used] = JSON.parse((await post(port, Buffer.alloc(800), { headers: {} })).text) as [
        Halt,
        number,
      ];
      expect(halt).toMatchObject({ kind: 'refusal', refusal: { code: 'buffer_full' } });
      expect(used).toBe(900);
      expect(memory.waiting).toBe(0);
      memory.release(900);
    },
  );
});
