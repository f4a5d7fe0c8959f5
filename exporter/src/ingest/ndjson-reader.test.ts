import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { EventReader } from './event-reader';
import { GroupPipeline } from './group-pipeline';
import { JsonScanner } from './json-scanner';
import { NdjsonReader } from './ndjson-reader';

const line = (bytes: number, id = 'a'): string => {
  const empty = JSON.stringify({ event_id: id, payload: '' });
  return JSON.stringify({ event_id: id, payload: 'x'.repeat(bytes - empty.length) });
};

describe('NdjsonReader and GroupPipeline', () => {
  let fixture: IngestFixture;
  let pipeline: GroupPipeline;
  let reader: NdjsonReader;

  beforeEach(() => {
    fixture = new IngestFixture({ limits: { eventBytes: 100 } });
    const delivery = { transport: 'http', tenant: 'default', traffic: 'real' } as const;
    pipeline = new GroupPipeline({ intake: fixture.intake, delivery, position: 'line', minimal: false });
    reader = new NdjsonReader(new EventReader(fixture.intake, new JsonScanner(64)), pipeline, fixture.limits);
  });
  const feed = (text: string): void => {
    const chunk = Buffer.from(text);
    fixture.memory.tryReserve(chunk.length);
    expect(reader.read(chunk, 0)).toBe(chunk.length);
  };

  it('takes a line of exactly the limit, with LF and CRLF, whole and in pieces, and none of one byte more', async () => {
    const fits = line(100, 'fits');
    const over = line(101, 'over');
    for (const text of [fits, over]) for (const end of ['\n', '\r\n']) feed(text + end);
    for (const text of [fits, over])
      for (const end of ['\n', '\r\n']) for (const byte of text + end) feed(byte);
    const { accepted, duplicates, rejected } = await pipeline.finish();
    expect({ accepted, duplicates, rejected }).toEqual({ accepted: 1, duplicates: 3, rejected: 4 });
  });

  it('holds nothing of a line that is too long, however long, and goes on after it', async () => {
    for (let i = 0; i < 1000; i++) {
      feed('x'.repeat(60));
      expect(reader.carried).toBeLessThanOrEqual(101);
      expect(fixture.memory.used).toBeLessThanOrEqual(101);
    }
    feed(`\n${line(50)}\n`);
    const totals = await pipeline.finish();
    expect(totals).toMatchObject({ accepted: 1, rejected: 1, firstProblem: { code: 'event_too_large' } });
    expect(JSON.parse(`[${totals.results.join()}]`)).toMatchObject([
      { error: { line: 1 } },
      { event_id: 'a' },
    ]);
    pipeline.close();
    expect(fixture.memory.used).toBe(0);
  });

  it('rejects a last line that is too long and has no end', async () => {
    feed('x'.repeat(200));
    reader.end();
    expect(await pipeline.finish()).toMatchObject({ accepted: 0, rejected: 1 });
  });

  it('sends at once when nothing is in flight, and what gathered meanwhile as soon as that settled', async () => {
    let release = (): void => undefined;
    fixture.acceptor.hold = new Promise((resolve) => (release = resolve));
    feed(`${line(50, 'a')}\n`);
    pipeline.nudge();
    for (const id of ['b', 'c']) {
      feed(`${line(50, id)}\n`);
      pipeline.nudge();
    }
    expect(fixture.acceptor.calls).toEqual([1]);
    release();
    // Two turns: in the one that the first group went in nothing goes after it.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(fixture.acceptor.calls).toEqual([1, 2]);
    expect((await pipeline.finish()).accepted).toBe(3);
  });

  it('counts the time that reading was held up towards the next latency, once', async () => {
    pipeline.waited(60_000);
    feed(`${line(50, 'a')}\n`);
    pipeline.flush();
    feed(`${line(50, 'b')}\n`);
    await pipeline.finish();
    const [first, second] = fixture.observer.latencies;
    expect(first?.seconds).toBeGreaterThanOrEqual(60);
    expect(second?.seconds).toBeLessThan(60);
  });

  it('gives memory back when closed with events in flight', async () => {
    let release = (): void => undefined;
    fixture.acceptor.hold = new Promise((resolve) => (release = resolve));
    feed(`${line(50, 'a')}\n`);
    pipeline.nudge();
    feed(`${line(50, 'b')}\n`);
    pipeline.close();
    expect(fixture.memory.used).toBe(51);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(fixture.memory.used).toBe(0);
    expect(fixture.acceptor.calls).toEqual([1]);
  });
});
