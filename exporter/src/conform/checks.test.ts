import { collectorFaults, drainFaults, telemetryFaults, type Fault } from '../../test/helpers/conform/faults';
import { withService } from '../../test/helpers/conform/in-process';
import { drainChecks } from './checks-drain';
import { watchDrain } from './drain-course';
import type { Finding } from './finding';
import { allChecks, runChecks } from './run';

jest.setTimeout(60_000);
const limits = { waitMs: 3_000, quietMs: 30, drainMs: 5_000, collectorMs: 1_000 };

type Findings = readonly (readonly [id: string, finding: Finding])[];

/** What is not met of a running service with these faults. */
async function runningWith(...faults: Fault[]): Promise<Findings> {
  const found: [string, Finding][] = [];
  await withService(faults, limits, (subject) =>
    runChecks(subject, ({ id }, finding) => void found.push([id, finding])),
  );
  return found.filter(([, { status }]) => status !== 'met');
}

/** What is not met of a service with these faults that is sent SIGTERM. */
async function leavingWith(...faults: Fault[]): Promise<Findings> {
  const course = await withService(faults, limits, (subject) =>
    watchDrain(subject, subject.own, `${subject.plan.origin}/slow`),
  );
  const found = drainChecks.map((check) => [check.id, check.judge(course)] as const);
  return found.filter(([, { status }]) => status !== 'met');
}

const named = (found: Findings, wanted: Finding['status']): string[] =>
  found.filter(([, { status }]) => status === wanted).map(([id]) => id);

it('every check has a fault that it finds', () => {
  const tables: readonly Readonly<Record<string, readonly string[]>>[] = [
    telemetryFaults,
    drainFaults,
    collectorFaults,
  ];
  const found = tables.flatMap((faults) => Object.values(faults).flat());
  expect(allChecks.map(({ id }) => id).filter((id) => !found.includes(id))).toEqual([]);
});

describe('a running service', () => {
  it('that meets the contract misses nothing', async () => {
    expect(await runningWith()).toEqual([]);
  });

  it.concurrent.each(Object.entries(telemetryFaults))('with a fault misses it: %s', async (fault, ids) => {
    const found = await runningWith(fault as Fault);
    expect(named(found, 'missed')).toEqual(ids);
    // What nothing was logged about can't be clean.
    expect(named(found, 'unchecked')).toEqual(fault === 'no trace id in the log' ? ['secrets'] : []);
  });
});

describe('a leaving service', () => {
  it('that meets the contract misses nothing', async () => {
    expect(await leavingWith()).toEqual([]);
  });

  it.concurrent.each(Object.entries(drainFaults))('with a fault misses it: %s', async (fault, ids) => {
    expect(named(await leavingWith(fault as Fault), 'missed')).toEqual(ids);
  });
});
