import fc from 'fast-check';
import { ndjsonRows } from './ndjson';
import { maxRowBytes, type Row } from './row';

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(bytes: Buffer, sizes: readonly number[] = [bytes.length]): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const some of ndjsonRows(chunksOf(bytes, sizes))) rows.push(...some);
  return rows;
}

test('lines, blank lines, CRLF, byte order mark, no line break at the end', async () => {
  expect(await read(Buffer.from('\uFEFF{"a":1}\r\n\n  \n{"b":2}\n{"c":3}'))).toEqual([
    { ordinal: 1, line: 1, text: '{"a":1}' },
    { ordinal: 2, line: 4, text: '{"b":2}' },
    { ordinal: 3, line: 5, text: '{"c":3}' },
  ]);
  expect(await read(Buffer.from(''))).toEqual([]);
  expect(await read(Buffer.from('\uFEFF\n'))).toEqual([]);
});

test('the rows are the same however the bytes arrive', async () => {
  const lines = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('{"ä":"漢字"}')), {
    maxLength: 20,
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(lines, sizes, async (texts, cuts) => {
      const bytes = Buffer.from(texts.join('\n'));
      expect(await read(bytes, cuts)).toEqual(await read(bytes));
    }),
  );
});

test('a line that is no UTF-8 is a fault of that row only', async () => {
  const bytes = Buffer.concat([Buffer.from('1\n"'), Buffer.from([0xff, 0xfe]), Buffer.from('"\n3\n')]);
  const rows = await read(bytes);
  expect(rows.map(({ ordinal, line, fault }) => [ordinal, line, fault?.code])).toEqual([
    [1, 1, undefined],
    [2, 2, 'invalid_utf8'],
    [3, 3, undefined],
  ]);
});

test('a line without end does not fill the memory', async () => {
  let produced = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    const block = Buffer.alloc(2 ** 20, 'x');
    for (; produced < maxRowBytes * 3; produced += block.length) yield block;
    yield Buffer.from('\n{"after":1}\n');
  }
  const before = process.memoryUsage().arrayBuffers;
  const rows: Row[] = [];
  for await (const some of ndjsonRows(endless())) rows.push(...some);
  expect(rows.map(({ fault, text }) => fault?.code ?? text)).toEqual(['row_too_large', '{"after":1}']);
  expect(rows[0]?.text.length).toBeLessThan(300);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(maxRowBytes * 3);
});
