/**
 * Keeps a broker that hangs from holding up sends to the others: two repairs to how kafkajs 2.2.4 refreshes metadata.
 * See `kafka-repairs.ts`.
 */

interface Broker {
  isConnected(): boolean;
  readonly connectionPool: {
    readonly pool: readonly {
      readonly requestQueue: { readonly inflight: ReadonlyMap<unknown, { readonly sentAt: number | null }> };
    }[];
  };
}

interface BrokerPool {
  readonly brokers: Readonly<Record<string, Broker>>;
  readonly metadata: { readonly topicMetadata: readonly { readonly topic: string }[] } | null;
  findConnectedBroker: (this: BrokerPool) => Promise<Broker>;
  refreshMetadataIfNecessary: (this: BrokerPool, topics: readonly string[]) => Promise<unknown>;
}

export interface BrokerPoolClass {
  prototype: BrokerPool;
}

/**
 * kafkajs asks any connected broker. One that hangs is connected, too, because its kernel still takes connections; this
 * asks the one that owes an answer for the shortest time.
 */
export function askWhoAnswers({ prototype }: BrokerPoolClass): void {
  const findAny = prototype.findConnectedBroker;
  prototype.findConnectedBroker = async function () {
    let best: Broker | undefined;
    let bestSince = -Infinity;
    for (const broker of Object.values(this.brokers)) {
      const since = broker.isConnected() ? owesSince(broker) : -Infinity;
      if (since > bestSince) [best, bestSince] = [broker, since];
    }
    return best ?? findAny.call(this);
  };
}

/** Epoch milliseconds at which its oldest unanswered request was sent; Infinity when there is none. */
function owesSince({ connectionPool }: Broker): number {
  let oldest = Infinity;
  for (const { requestQueue } of connectionPool.pool) {
    for (const { sentAt } of requestQueue.inflight.values()) oldest = Math.min(oldest, sentAt ?? Infinity);
  }
  return oldest;
}

/**
 * Every time that a connection is lost, and every five minutes, kafkajs has all sends wait until the metadata is fresh.
 * Where all their topics are known there is no need to: what has changed a broker says by refusing, and then that one
 * send has the metadata asked for.
 */
export function refreshMeanwhile({ prototype }: BrokerPoolClass): void {
  const refresh = prototype.refreshMetadataIfNecessary;
  const refreshing = new WeakSet<BrokerPool>();
  prototype.refreshMetadataIfNecessary = async function (topics) {
    const known = this.metadata?.topicMetadata.map(({ topic }) => topic);
    if (!known || !topics.every((topic) => known.includes(topic))) return refresh.call(this, topics);
    if (refreshing.has(this)) return undefined;
    refreshing.add(this);
    // A failure is no send's: the next one has it tried again.
    void refresh
      .call(this, topics)
      .catch(() => undefined)
      .finally(() => refreshing.delete(this));
    return undefined;
  };
}
