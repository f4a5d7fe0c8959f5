import { BatchJudge } from './batch-judge';

describe('BatchJudge', () => {
  let now: number;
  let troubled: string[];
  let outcomes: string[];
  let details: string[];
  let judge: BatchJudge;
  let since: number | undefined;
  const batch = { lane: 0, traffic: 'real', events: 5 } as const;
  const settled = { ...batch, refused: [], failedSends: 0 } as const;

  beforeEach(() => {
    now = 0;
    since = 0;
    troubled = [];
    details = [];
    outcomes = [];
    judge = new BatchJudge({
      targetSeconds: 1,
      now: () => now,
      waitsSince: () => since,
      troubledDownstreams: () => troubled,
      cheer: () => outcomes.push('cheer'),
      miss(_traffic, reason, detail) {
        outcomes.push(reason);
        details.push(detail);
      },
    });
    judge.frozen(batch);
  });

  const schema = { verdict: { reason: 'schema', detail: '/a' } };
  const bug = { verdict: { reason: 'bug', detail: 'x' } };

  it.each([
    ['cheer', settled],
    ['downstream', { ...settled, failedSends: 1 }],
    ['quarantined', { ...settled, refused: [schema] }],
    ['error', { ...settled, refused: [bug] }],
  ])('gives a %s', (expected, facts) => {
    judge.settled(facts);
    judge.tick();
    expect(outcomes).toEqual([expected]);
  });

  it('gives a latency when it was settled late and no tick came before', () => {
    now = 1_001;
    judge.settled(settled);
    expect(outcomes).toEqual(['latency']);
  });

  it('counts from when its oldest event began to wait, which may be before the process did', () => {
    since = -900;
    judge.frozen({ ...batch, lane: 1 });
    now = 101;
    judge.tick();
    expect(outcomes).toEqual(['timeout']);
  });

  it('misses a late batch there and then, once', () => {
    now = 1_001;
    judge.tick();
    judge.tick();
    expect(outcomes).toEqual(['timeout']);
    now = 9_000;
    judge.settled(settled);
    expect(outcomes).toEqual(['timeout']);
  });

  it('names the downstream that is unwell when no send of its own failed', () => {
    troubled = ['geo'];
    judge.settled(settled);
    expect(outcomes).toEqual(['downstream']);
    expect(details).toEqual(['settled while the breaker of geo was not closed']);
  });

  it('blames the sink for a late batch when that is known to be unwell', () => {
    troubled = ['kafka'];
    now = 1_001;
    judge.tick();
    expect(outcomes).toEqual(['downstream']);
  });

  it('counts what is in flight and forgets it when the relay dies', () => {
    judge.frozen({ ...batch, lane: 3 });
    expect(judge.inFlight()).toBe(10);
    judge.forget();
    expect(judge.inFlight()).toBe(0);
    judge.settled(settled);
    expect(outcomes).toEqual([]);
  });
});
