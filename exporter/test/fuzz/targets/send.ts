import { isDeepStrictEqual } from 'node:util';
import { csvRows } from '../../../src/cli/send/csv';
import { jsonRows } from '../../../src/cli/send/json';
import { ndjsonRows } from '../../../src/cli/send/ndjson';
import type { Row } from '../../../src/cli/send/row';
import { SelfcheerError } from '../../../src/errors';
import { event, maybeDamaged, space, value } from '../json';
import { cut, type Random } from '../random';
import { demand, parsed, type Target } from '../target';

type Reader = (chunks: AsyncIterable<Buffer>) => AsyncIterable<readonly Row[]>;

/** The rows, and the error it ended with. */
async function readAll(
  reader: Reader,
  pieces: readonly Buffer[],
): Promise<{ rows: Row[]; error: string | undefined }> {
  const rows: Row[] = [];
  try {
    // eslint-disable-next-line @typescript-eslint/require-await -- what the readers take is asynchronous
    const chunks = async function* (): AsyncGenerator<Buffer> {
      yield* pieces;
    };
    for await (const some of reader(chunks())) rows.push(...some);
    return { rows, error: undefined };
  } catch (error) {
    demand(error instanceof SelfcheerError, 'it ends with its own error', String(error));
    return { rows, error: error.code };
  }
}

async function same(reader: Reader, random: Random, bytes: Buffer): Promise<readonly Row[]> {
  const whole = await readAll(reader, [bytes]);
  const pieces = await readAll(reader, cut(random, bytes));
  demand(isDeepStrictEqual(whole, pieces), 'however it is cut, it is read the same', whole, pieces);
  whole.rows.forEach(({ ordinal }, i) =>
    demand(ordinal === i + 1, 'rows are counted without a gap', ordinal),
  );
  return whole.rows;
}

const cells = [
  'a',
  '1',
  '',
  '"q"',
  '"a,b"',
  '"a""b"',
  '"two\nlines"',
  'ü',
  ' x ',
  '"open',
  'a"b',
  '__proto__',
  '"',
  '\ufeff',
];

function csv(random: Random): string {
  const end = random.pick(['\n', '\r\n', '\r']);
  const record = (): string => Array.from({ length: 2 + random.int(2) }, () => random.pick(cells)).join(',');
  return [random.oneIn(2) ? 'a,b,c' : record(), ...random.list(5, record)].join(end) + random.pick(['', end]);
}

export const sendTargets: readonly Target[] = [
  {
    name: 'send csv',
    share: 6,
    run: async (random, input) => {
      const bytes = maybeDamaged(random, csv(random), csv(random));
      input(bytes);
      for (const { text, fault } of await same(csvRows, random, bytes)) {
        if (!fault) demand(parsed(Buffer.from(text)) !== undefined, 'a record is JSON', text);
      }
    },
  },
  {
    name: 'send ndjson',
    share: 15,
    run: async (random, input) => {
      const make = (): string =>
        random.list(5, () => event(random) + random.pick(['\n', '\r\n', '\n\n'])).join('');
      const bytes = maybeDamaged(random, make(), make());
      input(bytes);
      await same(ndjsonRows, random, bytes);
    },
  },
  {
    name: 'send json',
    share: 15,
    run: (random, input) => {
      const list = `[${random.list(5, () => space(random) + value(random) + space(random)).join(',')}]`;
      const bytes = maybeDamaged(random, random.oneIn(3) ? event(random) : list, list);
      input(bytes);
      const text = bytes.toString();
      const document = parsed(Buffer.from(text.startsWith('\ufeff') ? text.slice(1) : text));
      try {
        const values = jsonRows(text, undefined).map((row) => parsed(Buffer.from(row.text))?.value);
        demand(document !== undefined, 'what is taken is JSON');
        const expected = Array.isArray(document.value) ? document.value : [document.value];
        demand(isDeepStrictEqual(values, expected), 'the rows are the items of JSON.parse');
      } catch (error) {
        if (!(error instanceof SelfcheerError)) throw error;
        const list = document && typeof document.value === 'object' && document.value !== null;
        demand(!list, 'a list or an object is not refused', error.message);
      }
    },
  },
];
