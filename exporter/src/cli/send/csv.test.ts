import fc from 'fast-check';
import { csvRows } from './csv';
import { maxRowBytes, type Row } from './row';

async function* of(...chunks: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk as string);
}

async function read(...chunks: readonly (string | Buffer)[]): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const some of csvRows(of(...chunks))) rows.push(...some);
  return rows;
}

const values = (rows: readonly Row[]): unknown[] => rows.map(({ text }) => JSON.parse(text) as unknown);

test('quotes, commas, line breaks and quotes in quotes (RFC 4180), byte order mark, CRLF', async () => {
  const rows = await read('\uFEFFid, name \r\n1,"a ""b"", c\nd"\r\n\r\n007,\r\n');
  expect(values(rows)).toEqual([
    { id: '1', name: 'a "b", c\nd' },
    { id: '007', name: '' },
  ]);
  expect(rows.map(({ ordinal, line }) => [ordinal, line])).toEqual([
    [1, 2],
    [2, 5],
  ]);
});

test('whatever is written comes back', async () => {
  const field = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\uFEFF', ''));
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(field, field)), async (records) => {
      const text = [['a', '__proto__'], ...records].map((record) => record.map(quote).join(',')).join('\n');
      const rows = await read(text);
      expect(rows.map((row) => Object.entries(JSON.parse(row.text) as object))).toEqual(
        records.map(([a, b]) => [
          ['a', a],
          ['__proto__', b],
        ]),
      );
    }),
  );
});

test('a record with the wrong number of fields or no UTF-8 is a fault of that row only', async () => {
  const rows = await read('a,b\n1\n2,3\n4,5,6\n', Buffer.from([0xff, 0x2c, 0x31, 0x0a]), '7,8\n');
  expect(rows.map(({ line, fault }) => [line, fault?.code])).toEqual([
    [2, 'column_count'],
    [3, undefined],
    [4, 'column_count'],
    [5, 'invalid_utf8'],
    [6, undefined],
  ]);
});

test('a stray quote swallows nothing', async () => {
  expect(values(await read('a,b\n1,5" pipe\n"x"y,2\n3,4\n'))).toEqual([
    { a: '1', b: '5" pipe' },
    { a: '"x"y', b: '2' },
    { a: '3', b: '4' },
  ]);
});

test('a quote that is never closed ends it, after the rows before, with the line', async () => {
  const seen: Row[] = [];
  const reading = async (): Promise<void> => {
    for await (const some of csvRows(of('a,b\n1,2\n3,"open\n4,5\n'))) seen.push(...some);
  };
  await expect(reading()).rejects.toThrow(
    'the record that begins on line 3 has a quote that is never closed',
  );
  expect(values(seen)).toEqual([{ a: '1', b: '2' }]);
});

test('a quote that is never closed does not fill the memory', async () => {
  let produced = 0;
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('a\n"');
    for (; produced < maxRowBytes * 8; produced += 2 ** 20) yield Buffer.alloc(2 ** 20, 'x\n');
  }
  await expect(async () => {
    for await (const rows of csvRows(endless())) expect(rows).toEqual([]);
  }).rejects.toThrow('never closed');
  expect(produced).toBeLessThan(maxRowBytes * 2);
});

test('a header that names a column twice is refused', async () => {
  await expect(read('a,b,a\n1,2,3\n')).rejects.toThrow('names the column "a" twice');
});

test.each([
  ['id;mag\n1;2\n', 'semicolons'],
  ['id\tmag\n1\t2\n', 'tabs'],
])('another separator is refused with a hint: %j', async (text, separator) => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(`single column with ${separator} in it`) as string,
  });
});

test('a semicolon in one of several columns, and a single column, are fine', async () => {
  expect(values(await read('a;b,c\n1,2\n'))).toEqual([{ 'a;b': '1', c: '2' }]);
  expect(values(await read('a\n1;2\n'))).toEqual([{ a: '1;2' }]);
});
