import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { FakeIngest } from '../../../test/helpers/fake-ingest';
import { rowId } from './event';
import { send, type SendOptions, type SendResult } from './run';

let directory: string;
let ingest: FakeIngest;
let url: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'selfcheer-send-'));
  ingest = new FakeIngest();
  url = await ingest.start();
});
afterEach(async () => {
  await ingest.stop();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

interface Given {
  readonly stdin?: Readable;
  readonly signal?: AbortSignal;
  readonly stderr?: Writable;
}

function run(path: string, options: Partial<SendOptions> = {}, given: Given = {}): Promise<SendResult> {
  return send(
    { file: path, url, batch: 100, concurrency: 3, retryForSeconds: 5, quiet: true, ...options },
    {
      stdin: given.stdin ?? Readable.from([]),
      stderr: given.stderr ?? new PassThrough(),
      signal: given.signal ?? new AbortController().signal,
    },
  );
}

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `{"id":${index + 1},"group":${index % 5}}\n`).join('');

test('every row of a file once; sending it again makes duplicates only', async () => {
  const path = file('rows.ndjson', lines(1234));
  const { summary, error } = await run(path, { idField: 'id' });
  expect(error).toBeUndefined();
  expect(summary).toMatchObject({ sent: 1234, accepted: 1234, duplicates: 0, rejected: 0, complete: true });
  expect(new Set(ingest.accepted.map((event) => event.event_id)).size).toBe(1234);
  expect((await run(path, { idField: 'id' })).summary).toMatchObject({ accepted: 0, duplicates: 1234 });
  expect(ingest.requests[0]?.headers).toMatchObject({
    'content-type': 'application/x-ndjson',
    prefer: 'return=minimal',
  });
  expect(ingest.requests[0]?.headers.authorization).toBeUndefined();
});

test('the same rows from JSON, NDJSON and their .gz get the same hashed ids; --name stands for the file name', async () => {
  const rows = ['{"a":1.0}', '{"a":1.0}'];
  const ids = rows.map((text, index) => rowId('x', { ordinal: index + 1, text }));
  for (const path of [
    file('x.ndjson', rows.join('\n')),
    file('x.ndjson.gz', gzipSync(`\uFEFF${rows.join('\r\n')}`)),
    file('x.json', `{"list":[${rows.join(', ')}]}`),
  ]) {
    const { summary } = await run(path, { name: 'x', ...(path.endsWith('.json') && { select: 'list' }) });
    expect(summary.accepted + summary.duplicates).toBe(2);
  }
  expect(ingest.accepted.map((event) => event.event_id).sort()).toEqual([...ids].sort());
  await run(file('data.ndjson.gz', gzipSync('{"a":1}')));
  expect(ingest.accepted.at(-1)?.event_id).toBe(rowId('data.ndjson', { ordinal: 1, text: '{"a":1}' }));
});

test('the events of one key arrive in the order of the file, through failures', async () => {
  ingest.react = (_, index) =>
    (['reset', 'take', 'take-and-reset', 'take', 'take', 'take', 'take'] as const)[index % 7] ?? 'take';
  const { summary } = await run(file('rows.ndjson', lines(2000)), {
    idField: 'id',
    keyField: 'group',
    batch: 50,
    retryForSeconds: 60,
  });
  expect(summary.sent).toBe(2000);
  expect(ingest.accepted).toHaveLength(2000);
  for (let group = 0; group < 5; group += 1) {
    const ids = ingest.accepted
      .filter(({ key }) => key === String(group))
      .map((event) => Number(event.event_id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids).toHaveLength(400);
  }
});

test('broken rows and refused ones are named and do not keep the others', async () => {
  ingest.rejects = (event) => event.event_id === '4';
  const rejects = join(directory, 'rejects.ndjson');
  const path = file('rows.ndjson', '{"id":1}\n{"id":\n{"noid":3}\n{"id":4}\n\n{"id":5}\n');
  const { summary } = await run(path, { idField: 'id', rejects });
  expect(summary).toMatchObject({ sent: 3, accepted: 2, rejected: 3 });
  expect(summary.firstRejected.map(({ line, code }) => [line, code])).toEqual([
    [2, 'malformed_json'],
    [3, 'missing_event_id'],
    [4, 'invalid_source'],
  ]);
  const written = readFileSync(rejects, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as object);
  expect(written).toHaveLength(3);
  expect(written[0]).toMatchObject({ ordinal: 2, line: 2, code: 'malformed_json', row: '{"id":' });
});

describe('after a run that ended early', () => {
  const options = (): Partial<SendOptions> => ({
    idField: 'id',
    batch: 100,
    concurrency: 2,
    retryForSeconds: 0.001,
    checkpoint: join(directory, 'progress'),
  });

  async function failAfter(requests: number, path: string): Promise<SendResult> {
    ingest.react = (_, index) => (index < requests ? 'take' : 'reset');
    const result = await run(path, options());
    ingest.react = () => 'take';
    return result;
  }

  test('a rerun goes on behind the last row before which all have their answer', async () => {
    const path = file('rows.ndjson', lines(5000));
    const { summary, error } = await failAfter(35, path);
    expect(error).toMatchObject({ code: 'gave_up' });
    expect(summary.complete).toBe(false);
    const done = (JSON.parse(readFileSync(join(directory, 'progress'), 'utf8')) as { rows: number }).rows;
    expect(done).toBeGreaterThanOrEqual(1000);

    const rerun = await run(path, options());
    expect(rerun.error).toBeUndefined();
    expect(rerun.summary).toMatchObject({ skipped: done, sent: 5000 - done, complete: true });
    expect(new Set(ingest.accepted.map((event) => event.event_id)).size).toBe(5000);
    expect(ingest.accepted).toHaveLength(5000);
    expect(existsSync(join(directory, 'progress'))).toBe(false);
  });

  test('rejected rows of the earlier run are not forgotten', async () => {
    ingest.rejects = (event) => event.event_id === '7';
    const path = file('rows.ndjson', lines(5000));
    await failAfter(35, path);
    expect((await run(path, options())).summary).toMatchObject({ skippedRejected: 1, rejected: 0 });
  });

  test.each([
    ['another source', lines(5000).replace('"id":3,', '"id":30000,'), {}, 'the source has changed since'],
    ['a shorter source', lines(900), {}, 'the source has changed since'],
  ])('a rerun over %s is refused', async (_, content, changes, message) => {
    const path = file('rows.ndjson', lines(5000));
    await failAfter(35, path);
    const before = ingest.accepted.length;
    file('rows.ndjson', content);
    const { error } = await run(path, { ...options(), ...changes });
    expect(String(error)).toContain(message);
    expect(ingest.accepted).toHaveLength(before);
    expect(existsSync(join(directory, 'progress'))).toBe(true);
  });

  test('a rerun with other options, or over a damaged checkpoint, is refused', async () => {
    const path = file('rows.ndjson', lines(5000));
    await failAfter(35, path);
    await expect(run(path, { ...options(), type: 'other' })).rejects.toThrow(
      'made with another type (none, now other)',
    );
    writeFileSync(join(directory, 'progress'), '{"version":1');
    await expect(run(path, options())).rejects.toThrow('it is not a checkpoint');
  });
});

test('an interruption ends a source that has nothing to give, with what was sent', async () => {
  const stdin = new PassThrough();
  const stop = new AbortController();
  const running = run('-', { name: 'pipe' }, { stdin, signal: stop.signal });
  stdin.write(lines(3));
  while (ingest.accepted.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort('SIGINT');
  const { summary, error } = await running;
  expect(error).toBeUndefined();
  expect(summary).toMatchObject({ sent: 3, accepted: 3, complete: false });
  stdin.destroy();
});

test('an interruption does not wait for a service that is silent', async () => {
  ingest.react = () => new Promise(() => undefined);
  const stop = new AbortController();
  const running = run(file('rows.ndjson', lines(2000)), {}, { signal: stop.signal });
  while (ingest.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort('SIGINT');
  expect((await running).summary).toMatchObject({ sent: 0, complete: false });
});

test('a source larger than memory is read only as fast as it is sent', async () => {
  let produced = 0;
  const rows = Buffer.from(`${JSON.stringify({ filler: 'x'.repeat(1000) })}\n`.repeat(250));
  const endless = Readable.from(
    (function* () {
      for (;;) {
        produced += rows.length;
        yield rows;
      }
    })(),
    { objectMode: false },
  );
  ingest.react = () => new Promise(() => undefined);
  const stop = new AbortController();
  const running = run('-', { batch: 500, concurrency: 4 }, { stdin: endless, signal: stop.signal });
  let before = -1;
  while (before !== produced) {
    before = produced;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(produced).toBeLessThan(16 * 2 ** 20);
  stop.abort('SIGINT');
  await running;
});

test('a damaged .gz and a missing file end it with the reason', async () => {
  const whole = gzipSync(lines(50_000));
  const { summary, error } = await run(file('cut.ndjson.gz', whole.subarray(0, whole.length / 2)), {
    idField: 'id',
  });
  expect(String(error)).toContain('unexpected end of file');
  expect(summary.complete).toBe(false);
  await expect(run(join(directory, 'none.ndjson'))).rejects.toThrow(/Can't read .*none\.ndjson/);
  await expect(run(directory, { format: 'ndjson' })).rejects.toThrow('is a directory');
  await expect(run(file('rows.parquet', ''))).rejects.toThrow("Can't tell the format");
  await expect(run(file('a.csv', ''), { select: 'x' })).rejects.toThrow('--select is for JSON documents');
  expect(String((await run(file('utf16.ndjson', Buffer.from('\uFEFF{}', 'utf16le')))).error)).toContain(
    'UTF-16',
  );
});

test('a refused key ends it at once', async () => {
  ingest.react = () => ({ status: 401, body: { detail: 'No usable credentials' } });
  const { error } = await run(file('rows.ndjson', lines(10)), { apiKey: 'k3y' });
  expect(String(error)).toContain('SELFCHEER_API_KEY');
  expect(ingest.requests[0]?.headers.authorization).toBe('Bearer k3y');
  expect(String(error)).not.toContain('k3y');
});

test('why it waits is said once on standard error, nothing of it when quiet', async () => {
  const stderr = new PassThrough();
  ingest.react = (_, index) => (index < 2 ? { status: 503, body: { detail: 'Full.' } } : 'take');
  const path = file('rows.ndjson', lines(10));
  await run(path, { quiet: false, concurrency: 1 }, { stderr });
  expect(String(stderr.read())).toMatch(/^the service answered 503: Full; trying again\n$/);
});
