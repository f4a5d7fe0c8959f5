import { createServer, type AddressInfo, type Socket } from 'node:net';
import { messageOf } from '../errors';
import { collectorCheck, drainChecks, judgeExit } from './checks-drain';
import { logChecks } from './checks-logs';
import { labelChecks, metricsChecks } from './checks-metrics';
import { cheerChecks, probeChecks, summarySchema } from './checks-probes';
import { requestChecks } from './checks-requests';
import { traceChecks } from './checks-traces';
import { endOf, watchDrain, type DrainCourse } from './drain-course';
import { met, missed, unchecked, unless, type Check, type Finding } from './finding';
import { startOtlpReceiver } from './otlp-receiver';
import { newTrace } from './request-plan';
import { find, start, type ConformOptions, type Found } from './start-up';
import { defaultLimits, needsCommand, type Subject } from './subject';

export interface Result {
  readonly id: string;
  readonly expected: string;
  /** What to do when it is missed. */
  readonly mend: string;
  readonly finding: Finding;
}

export interface Report {
  readonly url: string;
  readonly admin: string;
  /** As the service calls itself; empty when it does not say. */
  readonly service: string;
  readonly version: string;
  readonly results: readonly Result[];
}

/** In the order in which they are made. */
export const serviceChecks: readonly Check[] = [
  ...probeChecks,
  ...cheerChecks,
  ...metricsChecks,
  ...requestChecks,
  ...labelChecks,
  ...traceChecks,
  ...logChecks,
];

/** All checks by name, as docs/conform.md tells them. */
export const allChecks = [...serviceChecks, ...drainChecks, collectorCheck].map(({ id, expected, mend }) => ({
  id,
  expected,
  mend,
}));

/**
 * Checks a service against the contract of the kit. Rejects with a SelfcheerError when it can't be reached, started or
 * asked at all; what it started is gone in any case.
 *
 * @param tell called with each result as soon as it is there
 */
export async function runConform(options: ConformOptions, tell: (result: Result) => void): Promise<Report> {
  const limits = { ...defaultLimits, ...options.limits };
  const results: Result[] = [];
  const note = ({ id, expected, mend }: Omit<Result, 'finding'>, finding: Finding): void => {
    const result = { id, expected, mend, finding };
    results.push(result);
    tell(result);
  };
  if (options.command === undefined) {
    const found = await find(options);
    await runChecks({ ...found, limits, signal: options.signal }, note);
    for (const check of [...drainChecks, collectorCheck]) note(check, unchecked(needsCommand));
    return { ...nameOf(found, options), results };
  }
  const traces = await startOtlpReceiver({ protocol: 'http' });
  try {
    const { process: service, ...found } = await start(options, traces.endpoint);
    let course: DrainCourse;
    try {
      const own = { service, traces };
      const subject = { ...found, own, limits, signal: options.signal };
      await runChecks(subject, note);
      const slow = options.slow === undefined ? undefined : new URL(options.slow, found.plan.origin).href;
      course = await watchDrain(subject, own, slow);
    } finally {
      await service.dispose();
    }
    for (const check of drainChecks) note(check, check.judge(course));
    note(collectorCheck, await leavesWithoutCollector(options, course, limits));
    return { ...nameOf(found, options), results };
  } finally {
    await traces.close();
  }
}

/** The checks of a running service, one after the other: they count what they send. */
export async function runChecks(
  subject: Subject,
  note: (check: Check, finding: Finding) => void,
  checks = serviceChecks,
): Promise<void> {
  for (const check of checks) {
    try {
      note(check, await check.run(subject));
    } catch (error) {
      subject.signal.throwIfAborted();
      note(check, missed(`it could not be looked at: ${messageOf(error)}`));
    }
  }
}

function nameOf({ admin, summary }: Found, { route }: ConformOptions): Omit<Report, 'results'> {
  const { data } = summarySchema.safeParse(summary);
  return { url: route.url, admin: admin.url, service: data?.service ?? '', version: data?.version ?? '' };
}

type Collector = 'down' | 'hung';

/** Nothing listens there: ports below 1,024 are not given to those that ask for a free one. */
const downEndpoint = 'http://127.0.0.1:1';
const tracedRequests = 10;

async function leavesWithoutCollector(
  options: ConformOptions,
  { exit, seconds }: DrainCourse,
  limits: Subject['limits'],
): Promise<Finding> {
  if (!exit) return unchecked('it does not leave with a collector either, see exit-code');
  const problems: string[] = [];
  const took: string[] = [];
  for (const collector of ['down', 'hung'] as const) {
    const there = await startCollector(collector);
    try {
      const { process: service, plan } = await start(options, there.endpoint);
      try {
        for (let sent = 0; sent < tracedRequests; sent += 1) {
          const { status } = await plan.send(newTrace().headers);
          if (status >= 400) problems.push(`collector ${collector}: a request was answered ${status}`);
        }
        const began = performance.now();
        service.terminate();
        const withinMs = Math.min(limits.drainMs, seconds * 1000 + limits.collectorMs);
        const left = await endOf(service, withinMs, options.signal);
        const leaving = judgeExit({ exit: left, seconds: (performance.now() - began) / 1000 });
        if (leaving.status === 'met') took.push(`${collector}: ${leaving.seen}`);
        else
          problems.push(
            `collector ${collector}: ${leaving.status === 'missed' ? leaving.seen.join('; ') : ''}`,
          );
      } finally {
        await service.dispose();
      }
    } catch (error) {
      options.signal.throwIfAborted();
      problems.push(`collector ${collector}: ${messageOf(error)}`);
    } finally {
      there.close();
    }
  }
  return problems.length > 0 ? unless(problems, '') : met(took.join('; '));
}

async function startCollector(kind: Collector): Promise<{ readonly endpoint: string; close(): void }> {
  if (kind === 'down') return { endpoint: downEndpoint, close: () => undefined };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
