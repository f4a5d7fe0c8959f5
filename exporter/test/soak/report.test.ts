import { markdown, type SoakResult } from './report';

const result: SoakResult = {
  date: '2026-11-21T10:00:00.000Z',
  versions: { node: 'v20.20.0' },
  machine: { cores: 2, memoryGibibytes: 24 },
  options: { seed: 7, rate: 500 },
  seconds: 120,
  interrupted: false,
  passed: false,
  failures: ['missing: a-1'],
  account: {
    acked: 10,
    found: 8,
    duplicates: 1,
    duplicatesAtMost: 8000,
    quarantined: 1,
    echoes: 2,
    updates: 3,
    drainSeconds: 0.5,
    wrong: { missing: ['a-1'] },
  },
  refusals: {},
  faults: [
    { kind: 'kill', at: 10, seconds: 1.5, recoverySeconds: 3 },
    { kind: 'kill', at: 30, seconds: 2.5, recoverySeconds: 4 },
    { kind: 'slow', at: 50, seconds: 5 },
  ],
  peakRssBytes: 2 ** 28,
  trends: {
    threads: {
      first: 10,
      median: 11,
      last: 12,
      most: 12,
      slopePerHour: 4,
      sharePerHour: 0.36,
      noise: 0.5,
      observed: 90,
      judged: false,
      leak: false,
    },
  },
  minutes: [{ minute: 0, requests: 100, p50: 0.001, p99: 1.5 }],
};

it('tells the seed, the machine, what failed, and every table', () => {
  const text = markdown(result);
  for (const part of [
    '# Soak of 2026-11-21: FAILED',
    '2.0 minutes of load; seed 7; rate 500; 2 cores, 24 GiB; node v20.20.0.',
    '- missing: a-1',
    '| 10 | 8 | 1 | 1 (8000) | 3 | 2 | 500.0 ms | 1 |',
    '| kill | 2 | 4 | 4.0 s |',
    '| slow | 1 | 5 | never |',
    '| threads | 11 | 10 | 12 | 12 | +4 | 36 % | 0.5 | 1.5 min | too short to judge |',
    '| 0 | 100 | 1.0 ms | 1.50 s | - |',
  ]) {
    expect(text).toContain(part);
  }
});
