import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { settle } from './support/account';
import { type Reply, sendGrpc, sendHttp } from './support/client-http';
import { grpcFrame } from './support/client-slow';
import { setDiskScene } from './support/disk-scene';
import { faultRow } from './support/row';
import { waitFor, waitForReady } from './support/wait-for';

const mebibyte = 2 ** 20;
const bufferedBytes = 32 * mebibyte;
/** What may be buffered, twice over for V8's sake, decoders, and the load besides. A bomb has up to 4 GiB. */
const mostGrowth = 2 * bufferedBytes + 128 * mebibyte;

const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };

/** So many pieces without an end of the line. */
function* endless(pieces: number, begin = '{"event_id":"endless","payload":"'): Generator<Buffer> {
  yield Buffer.from(begin);
  const piece = Buffer.alloc(65_536, 'x');
  for (let i = 0; i < pieces; i++) yield piece;
}

const spaces = Buffer.alloc(64 * mebibyte, ' ');
const bombs: Readonly<Record<string, Buffer>> = {
  // A gzip body may have many members: here 4 GiB in 4 MiB.
  gzip: Buffer.concat(
    Array.from(
      { length: 64 },
      (
        (member) => () =>
          member
      )(gzipSync(spaces)),
    ),
  ),
  deflate: deflateSync(spaces),
  br: brotliCompressSync(spaces, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
};

interface Attack {
  readonly name: string;
  readonly send: (address: { http: string; grpc: string }) => Promise<Reply | string>;
  /** `status code`, or the grpc-status. */
  readonly wanted: string;
}

const deep = (open: string, depth: number): string => `{"event_id":"deep","payload":${open.repeat(depth)}`;

const attacks: readonly Attack[] = [
  ...Object.entries(bombs).flatMap(([encoding, body]): Attack[] =>
    [json, ndjson].map((type) => ({
      name: `${encoding} bomb, ${type['content-type']}`,
      send: ({ http }) => sendHttp(http, body, { ...type, 'content-encoding': encoding }),
      // A line of spaces is no event; as a line of an event it would be too large first.
      wanted: type === json ? '413 body_too_large' : '413 (body|event)_too_large',
    })),
  ),
  {
    name: 'announced huge body',
    send: ({ http }) => sendHttp(http, endless(64), { ...json, 'content-length': String(2 ** 40) }),
    wanted: '413 body_too_large',
  },
  {
    name: 'huge body in chunks',
    send: ({ http }) => sendHttp(http, endless(2_000), json),
    wanted: '413 body_too_large',
  },
  {
    name: 'endless line',
    send: ({ http }) => sendHttp(http, endless(8_000), ndjson),
    wanted: '413 (body|event)_too_large',
  },
  {
    name: 'deep arrays',
    send: ({ http }) => sendHttp(http, deep('[', 400_000), json),
    wanted: '400 (too_deep|malformed_json)',
  },
  {
    name: 'deep objects',
    send: ({ http }) => sendHttp(http, `${deep('{"a":', 100_000)}1${'}'.repeat(100_001)}`, json),
    wanted: '400 too_deep',
  },
  {
    name: 'many small events',
    send: ({ http }) => sendHttp(http, `[${'{},'.repeat(2_000_000)}{}]`, json),
    wanted: '413 too_many_events',
  },
  {
    name: 'huge gRPC message',
    send: ({ grpc }) => sendGrpc(grpc, 'Ingest', [Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]), ...endless(256)]),
    wanted: '8',
  },
  {
    name: 'compressed gRPC bomb',
    send: ({ grpc }) => {
      const bomb = grpcFrame(bombs['gzip'] as Buffer);
      bomb[0] = 1;
      return sendGrpc(grpc, 'Ingest', [bomb], { 'grpc-encoding': 'gzip' });
    },
    wanted: '8',
  },
  {
    name: 'deep payload_json',
    send: ({ grpc }) => {
      const payload = Buffer.alloc(500_000, '[');
      const head = Buffer.from([0x0a, 1, 0x61, 0x3a, 0xa0, 0xc2, 0x1e]);
      return sendGrpc(grpc, 'Ingest', [grpcFrame(Buffer.concat([head, payload]))]);
    },
    wanted: '3',
  },
];

faultRow('huge and compressed-bomb bodies, deep JSON, endless lines', { timeoutMs: 90_000 }, async (row) => {
  const scene = await setDiskScene(row, {
    env: { SELFCHEER_INGEST_LIMITS_BUFFERED_BYTES: String(bufferedBytes) },
  });
  const { exporter, consumer, rss } = scene;
  const driver = scene.driver({ rate: 1_000, batch: 20 });
  const driving = driver.run();
  await waitFor('it runs warm', 20_000, () => driver.acknowledged >= 2_000);
  const rssBefore = rss.peakBytes;

  const atOnce = row.pick(3, 16);
  const rounds = row.pick(1, 20);
  const answers: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { name, send, wanted } of attacks) {
      const before = driver.acknowledged;
      const said = await Promise.all(
        Array.from({ length: atOnce }, () =>
          send(exporter.addresses).catch((error: unknown) => `${String(error)}`),
        ),
      );
      for (const reply of said) {
        const text = typeof reply === 'string' ? reply : `${reply.status} ${reply.code}`;
        // Many at once may find no memory free: that is an answer, too, where it comes with when to try again.
        const refused =
          typeof reply !== 'string' &&
          reply.code === 'buffer_full' &&
          reply.headers['retry-after'] !== undefined;
        if (!refused && !new RegExp(`^${wanted}$`).test(text))
          answers.push(`${name}: ${text}, not ${wanted}`);
      }
      // Others go on.
      await waitFor(`others go on after ${name}`, 10_000, () => driver.acknowledged > before);
    }
  }
  expect(answers).toEqual([]);
  driver.stop();
  await driving;
  await waitForReady(exporter);
  const figures = await settle({ exporter, drivers: [driver], consumer, duplicatesAtMost: 0 });
  expect([...driver.refusals.keys()].filter((why) => !why.startsWith('503 '))).toEqual([]);
  const grown = rss.peakBytes - rssBefore;
  row.report({
    ...figures,
    rssPeakBytes: rss.peakBytes,
    notes:
      `${attacks.length} kinds, ${atOnce} of each at once; ${Math.round(grown / mebibyte)} MiB more memory, ` +
      `${Math.round(mostGrowth / mebibyte)} at the most`,
  });
  expect(grown).toBeLessThan(mostGrowth);
});
