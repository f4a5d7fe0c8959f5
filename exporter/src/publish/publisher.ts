/** One message for the sink, with all its bytes fixed: a retry sends exactly these again. */
export interface OutgoingMessage {
  readonly lane: number;
  readonly seq: number;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What became of one send of a whole batch. Where it failed, `publishedIndexes` (ascending, never empty) names messages
 * of the batch that the sink nevertheless acknowledged for certain: settle them and go on with the rest, in order.
 */
export type PublishOutcome =
  | { readonly kind: 'published' }
  /** It may or may not be there: send the same bytes again. */
  | { readonly kind: 'ambiguous'; readonly error: Error; readonly publishedIndexes?: readonly number[] }
  /** Nothing is wrong with the records: the lane waits, sends the same bytes again and heals by itself. */
  | {
      readonly kind: 'waiting';
      readonly reason: 'unavailable' | 'topic_missing' | 'not_authorized';
      readonly error: Error;
      readonly publishedIndexes?: readonly number[];
    }
  /** The sink definitely refused at least one record of this batch and, as far as it can tell, for ever: bisect. */
  | {
      readonly kind: 'refused';
      readonly reason: 'too_large' | 'refused';
      readonly error: Error;
      readonly publishedIndexes?: readonly number[];
    };

/** A sink for batches: Kafka, or the embedded log. */
export interface Publisher {
  readonly downstream: 'kafka' | 'log';
  /** Opens what it needs; may be called again after a failure. Rejects with a retriable error when the sink is away. */
  connect(): Promise<void>;
  /** Sends one lane's batch, in order, and waits for the sink's durable acknowledgement. Never rejects. */
  publish(topic: string, batch: readonly OutgoingMessage[]): Promise<PublishOutcome>;
  close(): Promise<void>;
}
