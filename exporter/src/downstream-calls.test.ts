import type { CallResult } from '@selfcheer/cheer-kit';
import { DownstreamCallReports } from './downstream-calls';
import type { RelayReport } from './publish/relay-protocol';

describe('reports of the calls that enrichment makes', () => {
  let reports: RelayReport[];
  let calls: DownstreamCallReports;
  beforeEach(() => {
    jest.useFakeTimers();
    reports = [];
    calls = new DownstreamCallReports((report) => reports.push(report));
  });
  afterEach(() => jest.useRealTimers());

  const call = (result: CallResult, attempt = 1, message?: string): void =>
    calls.note({
      ...{ type: 'call', downstream: 'geo', result, attempt, seconds: 0.1 },
      ...(message !== undefined && { error: new Error(message) }),
    });

  it('are gathered and told a few times a second, with how the last call ended', () => {
    call('success');
    call('success');
    call('unavailable', 1, 'away\nfor now');
    calls.note({ type: 'retry', downstream: 'geo', attempt: 2, delaySeconds: 1, error: new Error('away') });
    expect(reports).toEqual([]);
    jest.advanceTimersByTime(1_000);
    expect(reports).toEqual([
      {
        ...{ kind: 'called', downstream: 'geo', calls: { success: 2, unavailable: 1 }, retries: 1 },
        ...{ last: 'unavailable', detail: 'away for now' },
      },
    ]);
    call('success', 2);
    jest.advanceTimersByTime(1_000);
    expect(reports[1]).toEqual({
      ...{ kind: 'called', downstream: 'geo', calls: { success: 1 }, retries: 0, last: 'success' },
    });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not count what was never tried, and tell a breaker at once', () => {
    call('unavailable', 0, 'the breaker is open');
    call('ambiguous', 1, 'no answer');
    calls.note({ type: 'breaker', downstream: 'geo', state: 'open' });
    expect(reports).toEqual([{ kind: 'breaker', downstream: 'geo', state: 'open' }]);
    calls.flush();
    expect(reports[1]).toMatchObject({ kind: 'called', calls: { ambiguous: 1 } });
    expect(jest.getTimerCount()).toBe(0);
  });
});
