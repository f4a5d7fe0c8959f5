import { randomUUID } from 'node:crypto';
import { types } from 'node:util';
import pino, { type DestinationStream, type Logger } from 'pino';
import { redact, unreadable } from './redact';
import { redactText } from './redact-text';
import { currentRequest } from './request-context';
import { activeTraceId } from './tracing/span-context';

export type { Logger };

/** For `createLogger`. */
export interface LoggerOptions {
  /** Written as `service` on every line. */
  readonly service: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

const correlation = Symbol('correlation id');
type SetBindings = (this: Logger, bindings: object) => void;
type MakeChild = (this: Logger, bindings: object, options?: object) => Logger;
type Correlated = Logger & { [correlation]?: string };

/**
 * A pino logger that writes one JSON object a line: `level` as a word, `time` in RFC 3339, `service`, `msg`, and
 * `correlation_id` on every line: the one bound by `withCorrelation`, else the trace id of the active span, else that of
 * the request that is served, else the id of this run of the process. Secrets are redacted wherever they stand (see
 * `redact`); line breaks inside values are escaped by JSON. Never throws because of what is logged: what can't be read is
 * told as `[could not be read]`.
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
      mixin: (_entry, _level, logger) => ({
        correlation_id:
          (logger as Correlated)[correlation] ?? activeTraceId() ?? currentRequest()?.correlationId ?? run,
      }),
      hooks: {
        logMethod(args, method) {
          try {
            method.apply(this, safeArguments(args) as typeof args);
          } catch {
            // What is told must not fail who tells it, whatever getters or traps it has.
            method.apply(this, readableArguments(args) as typeof args);
          }
        },
      },
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
  // pino's formatter of bindings is not for children; every child inherits these instead.
  const child = Reflect.get(logger, 'child') as unknown as MakeChild;
  const setBindings: SetBindings = Reflect.get(logger, 'setBindings');
  const redacting: MakeChild = function (bindings, options) {
    return child.call(this, redact(bindings) as object, options);
  };
  const settingRedacted: SetBindings = function (bindings) {
    setBindings.call(this, redact(bindings) as object);
  };
  return Object.assign(logger, { child: redacting, setBindings: settingRedacted });
}

/** The object that comes first is redacted when the line is made; what is written into the message, here. */
function safeArguments([first, ...rest]: readonly unknown[]): readonly unknown[] {
  if (typeof first === 'string') return [redactText(first), ...rest.map(safeForMessage)];
  const entry = first instanceof Error ? { err: first } : first;
  const [message = messageWithin(entry), ...values] = rest;
  return [entry, ...[message, ...values].map(safeForMessage)];
}

/** What is left of arguments of which some throw when they are read or written out. */
function readableArguments([first, ...rest]: readonly unknown[]): readonly unknown[] {
  // `instanceof` asks a proxy for its prototype, which may throw too.
  const entry = redact(types.isNativeError(first) ? { err: first } : first);
  const message = [first, ...rest].find((argument) => typeof argument === 'string');
  const told = message === undefined ? unreadable : `${redactText(message)} ${unreadable}`;
  return [{ ...(typeof entry === 'object' && entry), msg: undefined }, told];
}

/** What pino would take for the message of an entry that comes without one, and write as it is. */
function messageWithin(entry: unknown): unknown {
  return memberOf(entry, 'msg') === undefined ? memberOf(memberOf(entry, 'err'), 'message') : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

function safeForMessage(value: unknown): unknown {
  return value instanceof Error ? redactText(String(value)) : redact(value);
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
