import { FakeIngest } from '../../../test/helpers/fake-ingest';
import { IngestClient } from '../send/client';
import { badKinds } from './bad-events';
import { play, programme, type Item, type Tally } from './player';
import { datasetsDirectory, earthquakes, flights } from './records';
import { summarize } from './summary';

const datasets = datasetsDirectory();

function take(items: Iterator<Item>, count: number): Item[] {
  return Array.from({ length: count }, () => items.next().value as Item);
}

test('the records are there: 1,707 earthquakes with their own ids, 20,000 flights with made ones', () => {
  const ids = (events: Iterable<string>): Set<string> =>
    new Set([...events].map((body) => (JSON.parse(body) as { event_id: string }).event_id));
  expect(ids(earthquakes(datasets)).size).toBe(1707);
  expect(ids(flights(datasets)).size).toBe(20_000);
});

test('within 20 s every bad kind has had its turn, each with an id of its own', () => {
  const items = take(programme(earthquakes(datasets), flights(datasets), 100), 2000);
  const bad = items.filter(({ kind }) => kind !== 'flights' && kind !== 'earthquakes');
  expect(new Set(bad.map(({ kind }) => kind))).toEqual(new Set(badKinds.map(({ name }) => name)));
  expect(bad.length).toBeLessThan(20);
  const kinds = new Set(items.slice(0, 100).map(({ kind }) => kind));
  expect(kinds.has('earthquakes') && kinds.has('flights')).toBe(true);
});

test('ends when the records do', () => {
  const items = [...programme(['{"a":1}'].values(), ['{"b":1}', '{"b":2}', '{"b":3}'].values(), 1000)];
  expect(items.map(({ kind }) => kind)).toEqual(['flights', 'flights', 'flights']);
});

test('plays at the rate, survives a refusal and counts each answer under its kind', async () => {
  const ingest = new FakeIngest();
  const client = new IngestClient({ url: await ingest.start(), connections: 1 });
  ingest.react = (_, index) => (index === 1 ? { status: 503, headers: { 'retry-after': '1' } } : 'take');
  ingest.rejects = (event) => event.source === 'bad';
  const stop = new AbortController();
  let now = 0;
  let ticks = 0;
  function* items(): Generator<Item> {
    for (let id = 0; ; id += 1) {
      const bad = id % 5 === 4;
      const source = bad ? ',"source":"bad"' : '';
      yield { kind: bad ? 'bad' : 'flights', line: Buffer.from(`{"event_id":"${id}","payload":1${source}}`) };
    }
  }
  const tally = await play({
    items: items(),
    perSecond: 100,
    client,
    clock: { now: () => now, sleep: (ms) => Promise.resolve(void (now += ms)) },
    signal: stop.signal,
    onTick: () => {
      if ((ticks += 1) === 5) stop.abort();
    },
  });
  client.close();
  await ingest.stop();
  expect(ingest.accepted).toHaveLength(40);
  expect(tally.get('flights')).toEqual(new Map([['accepted', 40]]));
  expect(tally.get('bad')).toEqual(new Map([['invalid_source', 10]]));
  expect(now).toBeGreaterThanOrEqual(1000);
});

describe('the summary', () => {
  const tally = (): Tally =>
    new Map([
      ['flights', new Map([['accepted', 7]])],
      ['earthquakes', new Map([['accepted', 3]])],
      ['no event_id', new Map([['missing_event_id', 2]])],
      ['magnitude "strong"', new Map([['accepted', 1]])],
    ]);
  const good = { seconds: 1, published: 10, quarantined: 1 };

  test('names the bad ones and what became of them', () => {
    const { text, asExpected } = summarize(tally(), good);
    expect(text).toContain('Played 13 events in 1.0 s: 7 flights, 3 earthquakes and 3 bad ones.');
    expect(text).toContain(
      'Accepted 11, rejected 2. Of the accepted ones 10 are published and 1 in quarantine.',
    );
    expect(text).toMatch(/no event_id +2 +2 rejected: missing_event_id\n/);
    expect(asExpected).toBe(true);
  });

  test.each([
    ['an event is missing', tally(), { ...good, published: 9 }],
    ['an event is there twice', tally(), { ...good, published: 11 }],
    ['nothing was quarantined', tally(), { ...good, published: 11, quarantined: 0 }],
    [
      'a bad one was taken',
      tally().set('no event_id', new Map([['accepted', 2]])),
      { ...good, published: 12 },
    ],
    ['a good one was refused', tally().set('flights', new Map([['internal', 7]])), { ...good, published: 3 }],
  ])('says so when %s', (_, counts, aftermath) => {
    expect(summarize(counts, aftermath).asExpected).toBe(false);
  });
});
