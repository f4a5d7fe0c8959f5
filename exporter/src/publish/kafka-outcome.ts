import type { PublishOutcome } from './publisher';

/** What one error of a send means for the records in it. */
export type Verdict =
  | { readonly kind: 'ambiguous' }
  | Omit<Extract<PublishOutcome, { kind: 'waiting' }>, 'error' | 'publishedIndexes'>
  | Omit<Extract<PublishOutcome, { kind: 'refused' }>, 'error' | 'publishedIndexes'>;

const ambiguous: Verdict = { kind: 'ambiguous' };
const unavailable: Verdict = { kind: 'waiting', reason: 'unavailable' };
const topicMissing: Verdict = { kind: 'waiting', reason: 'topic_missing' };
const notAuthorized: Verdict = { kind: 'waiting', reason: 'not_authorized' };
const tooLarge: Verdict = { kind: 'refused', reason: 'too_large' };
const refused: Verdict = { kind: 'refused', reason: 'refused' };

/**
 * Kafka's error codes (https://kafka.apache.org/protocol.html#protocol_error_codes) by what they say of the records.
 * Only codes with which a broker answers *instead of* appending are listed. All others are ambiguous, among them
 * REQUEST_TIMED_OUT (7), NETWORK_EXCEPTION (13), NOT_ENOUGH_REPLICAS_AFTER_APPEND (20) and KAFKA_STORAGE_ERROR (56):
 * the leader may have written.
 */
const verdicts: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  [2, refused], // CORRUPT_MESSAGE: a flipped bit passes when sent again, and bisecting does send again
  [3, topicMissing], // UNKNOWN_TOPIC_OR_PARTITION
  [5, unavailable], // LEADER_NOT_AVAILABLE
  [6, unavailable], // NOT_LEADER_FOR_PARTITION
  [8, unavailable], // BROKER_NOT_AVAILABLE
  [9, unavailable], // REPLICA_NOT_AVAILABLE
  [10, tooLarge], // MESSAGE_TOO_LARGE
  [17, topicMissing], // INVALID_TOPIC_EXCEPTION
  [18, tooLarge], // RECORD_LIST_TOO_LARGE
  [19, unavailable], // NOT_ENOUGH_REPLICAS
  [21, unavailable], // INVALID_REQUIRED_ACKS
  [29, notAuthorized], // TOPIC_AUTHORIZATION_FAILED
  [31, notAuthorized], // CLUSTER_AUTHORIZATION_FAILED
  [32, unavailable], // INVALID_TIMESTAMP: our clock stamps the records, so it is the clock and not the record
  [33, notAuthorized], // UNSUPPORTED_SASL_MECHANISM
  [34, notAuthorized], // ILLEGAL_SASL_STATE
  [35, unavailable], // UNSUPPORTED_VERSION
  [43, unavailable], // UNSUPPORTED_FOR_MESSAGE_FORMAT
  [54, notAuthorized], // SECURITY_DISABLED
  [58, notAuthorized], // SASL_AUTHENTICATION_FAILED
  [72, unavailable], // LISTENER_NOT_FOUND
  [74, unavailable], // FENCED_LEADER_EPOCH
  [75, unavailable], // UNKNOWN_LEADER_EPOCH
  [76, unavailable], // UNSUPPORTED_COMPRESSION_TYPE
  [87, refused], // INVALID_RECORD
]);

/** Names of kafkajs' errors that carry no code of the protocol. */
const named: ReadonlyMap<string, Verdict> = new Map<string, Verdict>([
  ['KafkaJSSASLAuthenticationError', notAuthorized],
  ['KafkaJSMetadataNotLoaded', topicMissing],
  ['KafkaJSTopicMetadataNotLoaded', topicMissing],
]);

/** What a broker's answer for one partition says of the records for it. */
export function verdictOfCode(code: number): Verdict {
  return verdicts.get(code) ?? ambiguous;
}

/** The innermost error: kafkajs wraps what happened in KafkaJSNumberOfRetriesExceeded and KafkaJSNonRetriableError. */
export function rootOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}

/**
 * What a failed send means.
 *
 * @param encoded whether kafkajs had begun to encode the produce request. Before that nothing can have been sent. After
 * it, only a broker's answer counts: an error of the connection, a time-out, and just as well an ECONNREFUSED, with
 * which kafkajs masks the lost answer when its reconnect fails too, leave open what was written.
 */
export function verdictOf(error: unknown, encoded: boolean): Verdict {
  const root = rootOf(error);
  const code = 'code' in root && typeof root.code === 'number' ? root.code : undefined;
  const known = code === undefined ? named.get(root.name) : verdicts.get(code);
  if (encoded) return known ?? ambiguous;
  return known?.kind === 'waiting' ? known : unavailable;
}

/**
 * The outcome of a whole send from what is known of each record's partition. A definite refusal wins, so that a batch
 * with one poison record always gets on, by bisecting; then doubt; then waiting.
 */
export function combine(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict | undefined;
  for (const verdict of verdicts) {
    if (verdict.kind === 'refused') return verdict;
    if (!result || verdict.kind === 'ambiguous') result = verdict;
  }
  return result ?? ambiguous;
}
