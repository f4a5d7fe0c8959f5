import type { DrainCourse } from './drain-course';
import { met, missed, some, unless, type Check, type Finding } from './finding';

/** What is judged by the way in which the service leaves. */
export interface DrainCheck extends Omit<Check, 'run'> {
  judge(course: DrainCourse): Finding;
}

export const drainChecks: readonly DrainCheck[] = [
  {
    id: 'readiness-flips',
    expected: 'from SIGTERM on /readyz answers 503 while /healthz stays 200',
    mend: 'On SIGTERM call health.drain() first, and keep the admin port open until the end; give the drain a readinessLagSeconds. Is the command the service itself? A shell in front of it does not pass SIGTERM on: use exec.',
    judge({ notReadyAfter, livenessLost }) {
      return unless(
        [
          ...(notReadyAfter === undefined ? ['/readyz never answered 503 before the end'] : []),
          ...(livenessLost === undefined ? [] : [livenessLost]),
        ],
        `503 after ${(notReadyAfter ?? 0).toFixed(2)} s`,
      );
    },
  },
  {
    id: 'in-flight',
    expected:
      'every request that had begun before SIGTERM is answered, or told by 503 with Retry-After to come again',
    mend: 'Drain with the service: stop accepting, wait for what runs, then exit; no process.exit() in a signal handler.',
    judge({ sent, long, lost }) {
      if (lost.length > 0) return missed(`${lost.length} of ${sent} lost: ${some([...new Set(lost)], 3)}`);
      const those =
        long > 0
          ? `, ${long} of them could only end after it`
          : '; none took long, name a slow route with --slow';
      return met(`${sent} requests${those}`);
    },
  },
  {
    id: 'exit-code',
    expected: 'exit code 0 within --drain-seconds of SIGTERM',
    mend: 'Let the drain end by itself with a deadline, close what holds the process, and exit with 0.',
    judge: judgeExit,
  },
  {
    id: 'spans-flushed',
    expected: 'the spans of the last requests are exported before the exit',
    mend: 'Await the shutdown of tracing (2 s at the most) as the last thing of the drain; the service of the kit does.',
    judge({ answeredTraces, lostSpans }) {
      if (lostSpans.length === 0 && answeredTraces.length > 0) return met(`all of ${answeredTraces.length}`);
      return missed(`${lostSpans.length} of ${answeredTraces.length} server spans never came`);
    },
  },
];

export const collectorCheck = {
  id: 'collector-dead',
  expected:
    'with a collector that is down, or takes connections and never answers, the service answers requests and still leaves in time with exit code 0',
  mend: 'Race the shutdown of tracing with a deadline (2 s) and catch what it rejects with: tracing.shutdown() of the kit does.',
} as const;

export function judgeExit({ exit, seconds }: Pick<DrainCourse, 'exit' | 'seconds'>): Finding {
  const time = `${seconds.toFixed(1)} s`;
  if (!exit) return missed(`still there after ${time}`);
  if (exit.code === 0) return met(`exit code 0 after ${time}`);
  return missed(
    exit.code === null ? `ended by ${exit.signal ?? 'a signal'}` : `exit code ${exit.code} after ${time}`,
  );
}
