import { serve } from '../../test/helpers/judged-service';
import { Prometheus, type PrometheusQuestion } from './prometheus';

const signal = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

/** Answers each query with what `answer` has for it. */
async function prometheus(
  answer: (query: string) => [status: number, body: unknown],
): Promise<{ readonly asked: Prometheus; readonly queries: string[] }> {
  const queries: string[] = [];
  const server = await serve((request) => {
    const query = new URL(request.url ?? '', 'http://any').searchParams.get('query') ?? '';
    queries.push(query);
    return answer(query);
  });
  open.push(server);
  return { asked: new Prometheus(server.url, signal), queries };
}

const vector = (...samples: readonly [labels: object, value: string][]): [number, unknown] => [
  200,
  { status: 'success', data: { result: samples.map(([metric, value]) => ({ metric, value: [1, value] })) } },
];

const counted = (good: string, bad: string, slo = 'delivery'): [object, string][] => [
  [{ slo, result: 'good' }, good],
  [{ slo, result: 'bad' }, bad],
];

const question: PrometheusQuestion = {
  target: { service: 'shop', version: '2.0.0', track: 'canary' },
  baseline: { service: 'shop', version: '1.9.0', track: 'stable' },
  ...{ rangeSeconds: 71.2, withinMs: 0 },
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('Prometheus', () => {
  it('tells of both versions, by what their builds say', async () => {
    const { asked, queries } = await prometheus((query) => {
      if (query.includes('cheer_cheers_total')) return vector([{}, '0.5']);
      return query.includes('2.0.0')
        ? vector(...counted('9.6', '1.2'))
        : vector(
            ...[...counted('70', '0'), counted('1', 'NaN', 'x')[1]!],
            ...[counted('1', '1', 'half')[0]!, [{}, '7'] as [object, string]],
          );
    });
    expect(await asked.view(question)).toEqual({
      target: { slos: new Map([['delivery', { good: 10, bad: 1 }]]), cheerRatio: 0.5 },
      baseline: { slos: new Map([['delivery', { good: 70, bad: 0 }]]), cheerRatio: 0.5 },
    });
    // The lesser of the increase and the counter: another version may have been at that address before.
    expect(queries[0]).toBe(
      'sum by (slo, result) ((increase(cheer_slo_events_total{service="shop"}[72s]) <= ' +
        'cheer_slo_events_total{service="shop"} or cheer_slo_events_total{service="shop"}) ' +
        '* on (instance, job) group_left () ' +
        'max by (instance, job) (cheer_build_info{service="shop",version="2.0.0",track="canary"}))',
    );
  });

  it('asks again until the release was scraped twice', async () => {
    let asked = 0;
    const { asked: client } = await prometheus(() => {
      asked += 1;
      return asked < 2 ? vector() : vector(...counted('1', '0'));
    });
    expect(await client.view({ ...question, baseline: undefined, withinMs: 30_000 })).toHaveProperty(
      'target',
    );
  });

  it('does not compare a version with itself', async () => {
    const { asked } = await prometheus(() => vector(...counted('1', '0')));
    expect(await asked.view({ ...question, baseline: question.target })).toMatchObject({
      baseline: undefined,
    });
  });

  it.each([
    ['an error', (): [number, unknown] => [400, { error: 'parse error' }], 'parse error'],
    ['no key for it', (): [number, unknown] => [401, ''], 'answers 401'],
    ['no such service', () => vector(), 'is the release scraped?'],
    ['half of an SLO', () => vector(...counted('1', 'NaN')), 'is the release scraped?'],
    ['what is no SLO', () => vector([{}, '1'], [{ slo: 'delivery' }, '1']), 'is the release scraped?'],
    [
      'another program',
      (): [number, unknown] => [200, '<html>'],
      'answers 200: that is not the HTTP API of Prometheus',
    ],
  ])('says why it tells nothing: %s', async (_, answer, why) => {
    const { asked } = await prometheus(answer);
    expect(await asked.view(question)).toEqual({ why: expect.stringContaining(why) });
  });
});
