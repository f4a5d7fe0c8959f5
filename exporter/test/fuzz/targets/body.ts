import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync, constants } from 'node:zlib';
import { ByteBudget } from '../../../src/ingest/byte-budget';
import { LargeBodies } from '../../../src/ingest/large-bodies';
import { HaltError, RequestBody } from '../../../src/ingest/request-body';
import { event } from '../json';
import { cut, mutate, type Random } from '../random';
import { demand, type Target } from '../target';

const maxBytes = 32_768;
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const encoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  br: (bytes) => brotliCompressSync(bytes, quick),
};

/** Compressed bodies, whole, damaged, cut short and bombs, through what the server reads them with. */
async function body(random: Random, input: (shown: string) => void): Promise<void> {
  const encoding = random.pick(Object.keys(encoders));
  const plain = random.oneIn(20)
    ? Buffer.alloc(random.pick([maxBytes, maxBytes + 1, 4 * 2 ** 20]))
    : Buffer.from(event(random));
  const whole = encoders[encoding]!(plain);
  const sent = random.oneIn(2) ? whole : mutate(random, whole, whole);
  input(JSON.stringify([encoding, sent.subarray(0, 2_000).toString('latin1')]));
  const memory = new ByteBudget(2 ** 20);
  const large = new LargeBodies(memory.capacity).open();
  const request = new RequestBody(
    Readable.from(cut(random, sent), { objectMode: false }) as IncomingMessage,
    {
      encoding,
      maxBytes,
      deadlineMs: 10_000,
      minBytesPerSecond: 1,
      maxWaitMs: 10_000,
      memory,
      large,
      clock: () => performance.now(),
      onShort: () => undefined,
      onWaited: () => undefined,
    },
  );
  try {
    const got = await request.whole();
    demand(got.length <= maxBytes, 'no more than is allowed', got.length);
    if (sent === whole || encoding === 'identity')
      demand(got.equals(encoding === 'identity' ? sent : plain), 'the bytes are those sent');
    demand(memory.used === got.length, 'accounted to the byte', memory.used, got.length);
    memory.release(got.length);
  } catch (error) {
    if (!(error instanceof HaltError)) throw error;
    const { halt } = error;
    demand(halt.kind === 'problem', 'says what is wrong', halt.kind);
    const { code } = halt.problem;
    demand(code === 'body_too_large' || code === 'invalid_encoding', 'with one of two codes', code);
    if (sent === whole)
      demand(code === 'body_too_large' && plain.length > maxBytes, 'only what is too large', code);
  } finally {
    request.close();
    large.close();
  }
  demand(memory.used === 0, 'all memory is given back', memory.used);
}

export const bodyTarget: Target = { name: 'body', share: 6, run: body };
