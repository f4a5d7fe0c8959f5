import { cheerStates } from '@selfcheer/cheer-kit';
import fc from 'fast-check';
import { verifyDocumentOf } from '../../test/helpers/release-scenes';
import type { Verdict } from '../release/verify-document';
import type { RecordedRelease } from './releases-file';
import { isLateOnly, releaseVerdict, type LiveService } from './releases-verdict';

let number = 0;
function attempt(verdict: Verdict, service = 'orders'): RecordedRelease {
  const document = verifyDocumentOf({ run: `run-${++number}`, service }, { cheer: verdict });
  return { number, recordedAt: number, recordedBy: 'ann', document };
}
const live = (over: Partial<LiveService> = {}): LiveService => ({
  ...{ service: 'orders', version: '0.1.0', track: 'canary', state: 'green', score: 97, idle: false },
  ...{ draining: false, ...over },
});
const away = 'connect ECONNREFUSED';

test.each<[string, RecordedRelease[], LiveService[], Verdict, string[]]>([
  ['nothing', [], [], 'inconclusive', ['not_recorded', 'not_running']],
  ['a pass, and green', [attempt('pass')], [live()], 'pass', ['gate_passed', 'live_well']],
  [
    'a pass, and yellow',
    [attempt('pass')],
    [live({ state: 'yellow' })],
    'pass',
    ['gate_passed', 'live_well'],
  ],
  [
    'a pass, and warming without work',
    [attempt('pass')],
    [live({ state: 'warming', idle: true })],
    ...(['pass', ['gate_passed', 'live_well']] as [Verdict, string[]]),
  ],
  [
    'a pass, and warming with work',
    [attempt('pass')],
    [live({ state: 'warming' })],
    ...(['inconclusive', ['live_warming', 'gate_passed']] as [Verdict, string[]]),
  ],
  ['a failure, and green', [attempt('fail')], [live()], 'fail', ['gate_failed', 'live_well']],
  ['a failure, and nothing runs', [attempt('fail')], [], 'fail', ['gate_failed', 'not_running']],
  [
    'an inconclusive one, and green',
    [attempt('inconclusive')],
    [live()],
    'inconclusive',
    ['gate_inconclusive', 'live_well'],
  ],
  ['a pass, and red', [attempt('pass')], [live({ state: 'red' })], 'fail', ['live_red', 'gate_passed']],
  [
    'a pass, and red by late answers of a moment',
    [attempt('pass')],
    [live({ state: 'red', late: true })],
    ...(['inconclusive', ['live_late', 'gate_passed']] as [Verdict, string[]]),
  ],
  ['no record, and red', [], [live({ state: 'red' })], 'fail', ['live_red', 'not_recorded']],
  ['no record, and green', [], [live()], 'inconclusive', ['not_recorded', 'live_well']],
  ['a pass, and nothing runs', [attempt('pass')], [], 'inconclusive', ['not_running', 'gate_passed']],
  [
    'a pass, and no answer',
    [attempt('pass')],
    [live({ away })],
    'inconclusive',
    ['live_away', 'gate_passed'],
  ],
  [
    'a pass, and no answer after red',
    [attempt('pass')],
    [live({ away, state: 'red' })],
    'inconclusive',
    ['live_away', 'gate_passed'],
  ],
  [
    'a pass, and gone after draining',
    [attempt('pass')],
    [live({ away, draining: true })],
    'fail',
    ['live_gone', 'gate_passed'],
  ],
  [
    'a pass, and draining',
    [attempt('pass')],
    [live({ draining: true })],
    'inconclusive',
    ['live_draining', 'gate_passed'],
  ],
  [
    'a pass, and switched off',
    [attempt('pass')],
    [live({ state: 'disabled', score: null })],
    'inconclusive',
    ['live_disabled', 'gate_passed'],
  ],
  [
    'a pass after a failure',
    [attempt('pass'), attempt('fail')],
    [live()],
    'pass',
    ['gate_passed', 'live_well'],
  ],
  [
    'a failure after a pass',
    [attempt('fail'), attempt('pass')],
    [live()],
    'fail',
    ['gate_failed', 'live_well'],
  ],
  [
    'two, of which one is red',
    [attempt('pass')],
    [live(), live({ state: 'red' })],
    'fail',
    ['live_red', 'gate_passed'],
  ],
  [
    'two, of which one is away',
    [attempt('pass')],
    [live(), live({ away })],
    'inconclusive',
    ['live_away', 'gate_passed'],
  ],
  [
    'a red service that only numbers alike',
    [attempt('pass')],
    [live(), live({ service: 'billing', state: 'red' })],
    ...(['pass', ['gate_passed', 'live_well']] as [Verdict, string[]]),
  ],
  [
    'another service of that version, which failed',
    [attempt('pass'), attempt('fail', 'billing')],
    [live(), live({ service: 'billing' })],
    ...(['fail', ['gate_failed', 'live_well']] as [Verdict, string[]]),
  ],
  [
    'another service of that version, which does not run',
    [attempt('pass'), attempt('pass', 'billing')],
    [live()],
    ...(['inconclusive', ['not_running', 'gate_passed']] as [Verdict, string[]]),
  ],
])('%s', (_name, attempts, running, verdict, codes) => {
  const judged = releaseVerdict(attempts, running);
  expect([judged.verdict, judged.reasons.map(({ code }) => code)]).toEqual([verdict, codes]);
  for (const { detail } of judged.reasons) expect(detail).toMatch(/^[A-Za-z].*\.?$/);
});

const spentBudget = [{ code: 'error_budget' }];
const slo = (name: string, bad: number, budgetRemaining: number) => ({ name, bad, budgetRemaining });
const stalled = slo('ingest-latency', 14, -9);

test.each<[string, boolean, readonly { code: string }[], readonly ReturnType<typeof slo>[]]>([
  ['a stall of the machine', true, spentBudget, [slo('ingest-availability', 0, 1), stalled]],
  ['few other bad events beside it', true, spentBudget, [slo('ingest-availability', 9, -80), stalled]],
  ['answers that are slow on the whole', false, [...spentBudget, { code: 'latency' }], [stalled]],
  ['events that fail', false, spentBudget, [slo('ingest-availability', 10, -80)]],
  ['events that fail, too', false, spentBudget, [slo('ingest-availability', 10, 0), stalled]],
  ['events that are not delivered', false, spentBudget, [slo('delivery', 40, -300), stalled]],
  ['a store that is fenced, too', false, [...spentBudget, { code: 'fenced' }], [stalled]],
  ['no SLO told', false, spentBudget, []],
  ['no reason told', false, [], [stalled]],
])('late answers alone: %s', (_name, expected, reasons, slos) => {
  expect(isLateOnly(reasons, slos)).toBe(expected);
});

test('answers that are slow on the whole are no fault of its own when those of another version are, too', () => {
  const slow = [...spentBudget, { code: 'latency' }];
  expect(isLateOnly(slow, [stalled], [{ code: 'latency' }])).toBe(true);
  expect(isLateOnly(slow, [stalled], [{ code: 'error_budget' }])).toBe(false);
  expect(isLateOnly(slow, [slo('delivery', 40, -300)], [{ code: 'latency' }])).toBe(false);
});

test('says what it rests on', () => {
  const [failed, passed] = [attempt('fail'), attempt('pass')];
  const red = live({ state: 'red', score: 0 });
  const judged = releaseVerdict([failed, passed], [live(), red]);
  expect(judged).toMatchObject({ attempt: failed, live: red });
  expect(judged.reasons[0]?.detail).toContain('cheer: 71 % of the batches cheered');
  expect(releaseVerdict([passed], [live({ away })])).not.toHaveProperty('live');
});

test('passes only what has passed and is well, and never without knowing', () => {
  const anyLive = fc.record({
    state: fc.constantFrom(...cheerStates),
    idle: fc.boolean(),
    draining: fc.boolean(),
    gone: fc.boolean(),
  });
  const anyAttempt = fc.constantFrom<Verdict>('pass', 'fail', 'inconclusive');
  fc.assert(
    fc.property(
      fc.array(anyAttempt, { maxLength: 4 }),
      fc.array(anyLive, { maxLength: 3 }),
      (verdicts, lives) => {
        const attempts = verdicts.map((verdict) => attempt(verdict));
        const running = lives.map(({ gone, ...rest }) => live({ ...rest, ...(gone && { away }) }));
        const { verdict } = releaseVerdict(attempts, running);
        const well = ({ state, idle, draining, away: gone }: LiveService): boolean =>
          gone === undefined &&
          !draining &&
          (['green', 'yellow'].includes(state) || (state === 'warming' && idle));
        const good = verdicts[0] === 'pass' && running.length > 0 && running.every(well);
        const bad =
          verdicts[0] === 'fail' ||
          running.some(({ state, draining, away: gone }) =>
            gone === undefined ? state === 'red' : draining,
          );
        expect(verdict).toBe(bad ? 'fail' : good ? 'pass' : 'inconclusive');
      },
    ),
  );
});
