import type { KafkaJSProtocolError } from 'kafkajs';
import { combine, rootOf, verdictOf, verdictOfCode, type Verdict } from './kafka-outcome';

interface ErrorCode {
  readonly type: string;
  readonly code: number;
}
/* eslint-disable @typescript-eslint/no-require-imports -- inner modules, and constructors that are not declared */
const { createErrorFromCode, errorCodes } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): KafkaJSProtocolError;
  errorCodes: readonly ErrorCode[];
};
const errors = require('kafkajs') as Record<string, new (...args: unknown[]) => Error>;
/* eslint-enable @typescript-eslint/no-require-imports */

function make(name: string, ...args: unknown[]): Error {
  const Constructor = errors[name];
  if (!Constructor) throw new Error(`kafkajs has no ${name}`);
  return new Constructor(...args);
}

const exceeded = (error: Error) =>
  make('KafkaJSNumberOfRetriesExceeded', error, { retryCount: 0, retryTime: 1 });
const short = (verdict: Verdict) =>
  verdict.kind === 'ambiguous' ? verdict.kind : `${verdict.kind}: ${verdict.reason}`;

/** Every code with which a broker answers instead of appending. */
const definite: Readonly<Record<string, string>> = {
  CORRUPT_MESSAGE: 'refused: refused',
  UNKNOWN_TOPIC_OR_PARTITION: 'waiting: topic_missing',
  LEADER_NOT_AVAILABLE: 'waiting: unavailable',
  NOT_LEADER_FOR_PARTITION: 'waiting: unavailable',
  BROKER_NOT_AVAILABLE: 'waiting: unavailable',
  REPLICA_NOT_AVAILABLE: 'waiting: unavailable',
  MESSAGE_TOO_LARGE: 'refused: too_large',
  INVALID_TOPIC_EXCEPTION: 'waiting: topic_missing',
  RECORD_LIST_TOO_LARGE: 'refused: too_large',
  NOT_ENOUGH_REPLICAS: 'waiting: unavailable',
  INVALID_REQUIRED_ACKS: 'waiting: unavailable',
  TOPIC_AUTHORIZATION_FAILED: 'waiting: not_authorized',
  CLUSTER_AUTHORIZATION_FAILED: 'waiting: not_authorized',
  INVALID_TIMESTAMP: 'waiting: unavailable',
  UNSUPPORTED_SASL_MECHANISM: 'waiting: not_authorized',
  ILLEGAL_SASL_STATE: 'waiting: not_authorized',
  UNSUPPORTED_VERSION: 'waiting: unavailable',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'waiting: unavailable',
  SECURITY_DISABLED: 'waiting: not_authorized',
  SASL_AUTHENTICATION_FAILED: 'waiting: not_authorized',
  LISTENER_NOT_FOUND: 'waiting: unavailable',
  FENCED_LEADER_EPOCH: 'waiting: unavailable',
  UNKNOWN_LEADER_EPOCH: 'waiting: unavailable',
  UNSUPPORTED_COMPRESSION_TYPE: 'waiting: unavailable',
  INVALID_RECORD: 'refused: refused',
};

test.each(errorCodes)('$type ($code) answered to a produce request', ({ type, code }) => {
  const expected = definite[type] ?? 'ambiguous';
  expect(short(verdictOfCode(code))).toBe(expected);
  expect(short(verdictOf(createErrorFromCode(code), true))).toBe(expected);
  expect(short(verdictOf(exceeded(createErrorFromCode(code)), true))).toBe(expected);
});

test.each(errorCodes)('$type ($code) before anything was sent only waits', ({ type, code }) => {
  const expected = definite[type]?.startsWith('waiting') ? definite[type] : 'waiting: unavailable';
  expect(short(verdictOf(createErrorFromCode(code), false))).toBe(expected);
});

const closed = make('KafkaJSConnectionClosedError', 'Closed connection', { host: 'h', port: 1 });
const refusedConnection = make('KafkaJSConnectionError', 'Connection error', {
  broker: 'h:1',
  code: 'ECONNREFUSED',
});
const timedOut = make('KafkaJSRequestTimeoutError', 'Request Produce timed out', {
  broker: 'h:1',
  clientId: 'c',
  correlationId: 1,
  createdAt: 1,
  sentAt: 1,
  pendingDuration: 0,
});

test.each<[string, unknown, string, string]>([
  ['a closed connection', closed, 'waiting: unavailable', 'ambiguous'],
  ['a refused connection', refusedConnection, 'waiting: unavailable', 'ambiguous'],
  ['a request that timed out', timedOut, 'waiting: unavailable', 'ambiguous'],
  [
    'a lock timeout',
    make('KafkaJSLockTimeout', 'Timeout while acquiring lock'),
    'waiting: unavailable',
    'ambiguous',
  ],
  [
    'failed authentication',
    make('KafkaJSSASLAuthenticationError', 'SASL PLAIN authentication failed'),
    'waiting: not_authorized',
    'waiting: not_authorized',
  ],
  [
    'no metadata of the topic',
    make('KafkaJSTopicMetadataNotLoaded', 'Topic metadata not loaded', { topic: 't' }),
    'waiting: topic_missing',
    'waiting: topic_missing',
  ],
  ['a bug in the client', new TypeError('x of undefined'), 'waiting: unavailable', 'ambiguous'],
  ['an unknown code', createErrorFromCode(12_345), 'waiting: unavailable', 'ambiguous'],
  ['something that is no error', 'oops', 'waiting: unavailable', 'ambiguous'],
])('%s: waits before, is ambiguous after the request was encoded', (_, error, before, after) => {
  expect(short(verdictOf(error, false))).toBe(before);
  expect(short(verdictOf(error, true))).toBe(after);
});

test('looks through every wrapper of kafkajs for what really happened', () => {
  const inner = createErrorFromCode(10);
  const wrapped = exceeded(make('KafkaJSNonRetriableError', exceeded(inner), { cause: inner }));
  expect(rootOf(wrapped)).toBe(inner);
  expect(rootOf('oops').message).toBe('oops');
});

test('a refusal outweighs doubt, doubt outweighs waiting', () => {
  const waiting = verdictOfCode(3);
  const refused = verdictOfCode(10);
  const doubt = verdictOfCode(7);
  expect(combine([waiting, doubt, refused])).toBe(refused);
  expect(combine([waiting, doubt, waiting])).toBe(doubt);
  expect(combine([waiting, verdictOfCode(5)])).toBe(waiting);
  expect(combine([]).kind).toBe('ambiguous');
});
