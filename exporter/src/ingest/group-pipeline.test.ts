import { IngestFixture } from '../../test/helpers/ingest-fixture';
import { GroupPipeline } from './group-pipeline';

describe('GroupPipeline while the outbox is crowded', () => {
  const delivery = { transport: 'http', tenant: 'default', traffic: 'real' } as const;
  let fixture: IngestFixture;
  let pipeline: GroupPipeline;
  let answer: () => void;

  beforeEach(() => {
    fixture = new IngestFixture();
    const { acceptor, intake } = fixture;
    // What the sink has to acknowledge, long after it is written.
    acceptor.hold = new Promise((resolve) => (answer = resolve));
    pipeline = new GroupPipeline({ intake, delivery, position: 'line', minimal: false });
  });

  const add = (from: number, count: number): void => {
    for (let n = from; n < from + count; n++) {
      fixture.memory.tryReserve(1);
      pipeline.add({ id: `e${n}`, payload: Buffer.from('1') }, `e${n}`, n, 1);
    }
  };

  it('goes on when the outbox has written, though none of its own groups has settled', async () => {
    const { acceptor } = fixture;
    acceptor.unwritten.events = 10_000;
    add(0, 1_000);
    expect(pipeline.busy).toBe(true);
    const ready = pipeline.ready();
    acceptor.unwritten.events = 0;
    await ready;
    expect(acceptor.calls).toEqual([500, 500]);
    answer();
    expect(await pipeline.finish()).toMatchObject({ accepted: 1_000 });
    pipeline.close();
    expect(fixture.memory.used).toBe(0);
  });

  it('looks again only now and then while it stays crowded, and not after its end', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
    try {
      const { acceptor, intake } = fixture;
      acceptor.unwritten.events = 10_000;
      const looks = jest.spyOn(intake, 'crowded', 'get');
      add(0, 1_000);
      await jest.advanceTimersByTimeAsync(1_000);
      expect(acceptor.calls).toEqual([500]);
      expect(looks.mock.calls.length).toBeGreaterThan(10);
      expect(looks.mock.calls.length).toBeLessThan(30);
      pipeline.close();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
    answer();
  });
});
