import { randomUUID } from 'node:crypto';
import pino, { type DestinationStream, type Logger } from 'pino';
import { redact, redactText } from './redact';

export type { Logger };

export interface LoggerOptions {
  /** Written as `service` on every line. */
  readonly service: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

const correlation = Symbol('correlation id');
type MakeChild = (this: Logger, bindings: object, options?: object) => Logger;
type Correlated = Logger & { [correlation]?: string };

/**
 * A pino logger that writes one JSON object a line: `level` as a word, `time` in RFC 3339, `service`, `msg`, and
 * `correlation_id` on every line. Outside of a request that is the id of this run of the process. Secrets are
 * redacted wherever they stand (see `redact`); line breaks inside values are escaped by JSON.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const run = randomUUID();
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (entry) => redact(entry) as Record<string, unknown>,
      },
      // `redact` has made plain objects of errors; pino's own serializer would take them for errors of type Object.
      serializers: { err: (value: unknown) => value },
      mixin: (_entry, _level, logger) => ({ correlation_id: (logger as Correlated)[correlation] ?? run }),
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args as readonly unknown[];
          // pino would take the message of a bare error as it is.
          const whole =
            first instanceof Error && rest.length === 0 ? [{ err: first }, first.message] : [first, ...rest];
          const safe = whole.map((arg) => (typeof arg === 'string' ? redactText(arg) : arg));
          method.apply(this, safe as typeof args);
        },
      },
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
  // pino's formatter of bindings is not for children; every child inherits this instead.
  const child = Reflect.get(logger, 'child') as unknown as MakeChild;
  const redacting: MakeChild = function (bindings, options) {
    return child.call(this, redact(bindings) as object, options);
  };
  return Object.assign(logger, { child: redacting });
}

/**
 * A child whose lines, and those of its own children, carry this correlation id: the trace id where there is one,
 * else the request id. Kept apart from pino's bindings, where a second one would be a duplicate JSON member.
 */
export function withCorrelation(logger: Logger, id: string): Logger {
  const child: Correlated = logger.child({});
  child[correlation] = id;
  return child;
}
