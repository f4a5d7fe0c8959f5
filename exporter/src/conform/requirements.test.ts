import type { Fault } from '../../test/helpers/conform/faults';
import { withService, type OwnSubject } from '../../test/helpers/conform/in-process';
import { combinations, keyOf } from '../../test/helpers/conform/telemetry';
import { families } from './contract';
import { serviceChecks } from './run';

/** Everything that the contract names is taken out of a service that meets it, one by one: each must be missed. */
jest.setTimeout(60_000);
const limits = { waitMs: 3_000, quietMs: 30, drainMs: 5_000, collectorMs: 1_000 };

const required = families.filter((family) => family.required);

const removals: Readonly<Record<string, readonly Fault[]>> = {
  'required-metrics': required.flatMap(({ name, type, labels }): Fault[] => [
    `no metric ${name}`,
    `another type of ${name}`,
    // One value says which it is, and histograms are there from their first observation on.
    ...(type === 'histogram' || name === 'cheer_build_info'
      ? []
      : combinations(labels)
          .filter((each) => Object.keys(each).length > 0)
          // Of what a service names itself it may have none.
          .filter((each, _, all) => all.length > 1 || !('slo' in each))
          .map((each): Fault => `no series ${keyOf(name, each)}`)),
  ]),
  // Those of requests are among the faults of `checks.test.ts`.
  'label-lists': required.flatMap(({ name, labels }) =>
    Object.keys(labels).map((label): Fault => `no label ${label} of ${name}`),
  ),
  'cheer-api': [
    ...['service', 'version'].map((member): Fault => `no member ${member} in /api/v1/summary`),
    ...[
      ...['state', 'score', 'since', 'reasons', 'conditions', 'cheers_total', 'misses_total'],
      ...['name', 'ok', 'figure', 'limit', 'detail'].map((member) => `conditions.0.${member}`),
    ].map((member): Fault => `no member ${member} in /api/v1/cheer`),
    ...['name', 'objective_ratio', 'good', 'bad', 'budget_remaining_ratio']
      .map((member) => `slos.0.${member}`)
      .concat('slos')
      .map((member): Fault => `no member ${member} in /api/v1/slo`),
  ],
  health: ['status', 'timestamp', 'checks', 'checks.store.status', 'checks.store.detail'].map(
    (member): Fault => `no member ${member} in /health`,
  ),
  liveness: ['no member status in /healthz'],
  readiness: ['no member status in /readyz'],
};

/** Whether a check of this name misses something of the service as it is now. */
async function misses(id: string, subject: OwnSubject): Promise<boolean> {
  const check = serviceChecks.find((each) => each.id === id);
  if (check === undefined) throw new Error(`there is no check ${id}`);
  return (await check.run(subject)).status === 'missed';
}

test.each(Object.entries(removals))('%s misses each', async (id, faults) => {
  const present: Fault[] = [];
  await withService(present, limits, async (subject) => {
    expect(await misses(id, subject)).toBe(false);
    const overlooked: Fault[] = [];
    for (const fault of faults) {
      present.splice(0, 1, fault);
      if (!(await misses(id, subject))) overlooked.push(fault);
    }
    expect(overlooked).toEqual([]);
    present.pop();
    expect(await misses(id, subject)).toBe(false);
  });
});

test('they are as many as the contract has', () => {
  expect(Object.values(removals).flat().length).toBeGreaterThan(130);
});
