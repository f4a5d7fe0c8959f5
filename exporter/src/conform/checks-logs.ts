import { randomBytes } from 'node:crypto';
import { parsed } from './admin-port';
import { met, missed, some, unchecked, unless, type Check } from './finding';
import { serverSpan } from './checks-traces';
import { newTrace } from './request-plan';
import { eventually, needsCommand } from './subject';

/** What a service writes to standard output and standard error. */
export const logChecks: readonly Check[] = [
  {
    id: 'log-correlation',
    expected:
      'log lines are JSON with level, time, msg and correlation_id; during a traced request that is the trace id (LOG_LEVEL=debug)',
    mend: 'Log with service.logger, inside a request too: it carries the id by itself. The middleware of the kit logs each request.',
    async run(subject) {
      const { own, plan } = subject;
      if (!own) return unchecked(needsCommand);
      const { traceId, headers } = newTrace();
      await plan.send(headers);
      const entries = (): readonly Entry[] =>
        own.service
          .lines()
          .map(entryOf)
          .filter((entry) => entry !== undefined);
      const found = await eventually(subject, () =>
        entries().find((entry) => entry['correlation_id'] === traceId),
      );
      const bare = entries().filter((entry) => lacking(entry).length > 0);
      return unless(
        [
          ...(found
            ? []
            : [`no line with correlation_id ${traceId}, among ${entries().length} lines of JSON`]),
          ...(bare.length > 0
            ? [
                `lines that lack something: ${some(
                  bare.map((entry) => `${lacking(entry).join(', ')} of ${told(entry)}`),
                  3,
                )}`,
              ]
            : []),
        ],
        `${told(found)} carries the trace id`,
      );
    },
  },
  {
    id: 'secrets',
    expected: 'a cookie of a request is neither in the log nor in a span',
    mend: 'Log with createLogger of the kit, which redacts; do not put headers into span attributes.',
    async run(subject) {
      const { own, plan } = subject;
      if (!own) return unchecked(needsCommand);
      const secret = randomBytes(12).toString('hex');
      const { traceId, headers } = newTrace();
      await plan.send({ ...headers, cookie: `session=${secret}` });
      const logged = await eventually(subject, () =>
        own.service.lines().find((line) => line.includes(traceId)),
      );
      await serverSpan(subject, own.traces, traceId);
      const spans = own.traces.spans().filter((span) => JSON.stringify(span).includes(secret));
      const lines = own.service.lines().filter((line) => line.includes(secret));
      if (lines.length + spans.length > 0) {
        return missed(`in ${lines.length} lines of the log and ${spans.length} spans`);
      }
      if (logged === undefined) return unchecked('nothing was logged about the request, see log-correlation');
      return met('the cookie is nowhere');
    },
  },
];

type Entry = Readonly<Record<string, unknown>>;

const members = ['level', 'time', 'msg', 'correlation_id'] as const;

function lacking(entry: Entry): readonly string[] {
  return members.filter((member) =>
    member === 'correlation_id' ? typeof entry[member] !== 'string' : entry[member] === undefined,
  );
}

function told(entry: Entry | undefined): string {
  return JSON.stringify(entry?.['msg'] ?? '');
}

/** A line of a log; undefined for what is none: text of others, and a start line that is not logged. */
function entryOf(line: string): Entry | undefined {
  if (!line.startsWith('{')) return undefined;
  const entry = parsed(line);
  if (typeof entry !== 'object' || entry === null) return undefined;
  return 'admin' in entry && !('level' in entry) ? undefined : (entry as Entry);
}
