import { type ConsumedRecord, consumeTopic } from '../../../../e2e/helpers/kcat';
import { medianOf, quantileOf } from '../../helpers/quantile';

/** An event's way into a topic with `message.timestamp.type=LogAppendTime`, by the wall clock that all share; epoch ms. */
export interface Appended {
  /** By the service. */
  readonly accepted: number;
  /** By the broker. */
  readonly appended: number;
}

export interface Flow {
  /** Events a second that were appended. */
  readonly perSecond: number;
  /** Of the second in which least was appended. */
  readonly leastPerSecond: number;
  /**
   * From acceptance to append, the slowest in a hundred, in milliseconds: the median of all seconds, which one pause of
   * the machine does not move.
   */
  readonly p99: number;
}

/**
 * One way through a proxy, in milliseconds: on a network there is one, too. It lifts every latency clearly above what the
 * scheduler of a busy machine adds, so that these can be held against each other.
 */
export const networkDelayMs = 100;

/** Reads a topic with an independent consumer. */
export async function readAppended(
  broker: string,
  topic: string,
  wanted: (record: ConsumedRecord) => boolean,
): Promise<Appended[]> {
  const events: Appended[] = [];
  for await (const record of consumeTopic(broker, topic)) {
    if (!wanted(record)) continue;
    const accepted = Number(/,"timestamp":(\d+)/.exec(String(record.value))?.[1]);
    events.push({ accepted, appended: record.timestamp });
  }
  return events;
}

/** From a time to another, epoch milliseconds. */
export type Span = readonly [from: number, to: number];

/** What became of events within spans, of which only whole seconds count. */
export function flowOf(events: readonly Appended[], ...spans: readonly Span[]): Flow {
  const secondsOf = spans.map(([from, to]) => ({
    from,
    seconds: Array.from({ length: Math.floor((to - from) / 1000) }, () => ({
      appended: 0,
      waits: [] as number[],
    })),
  }));
  const seconds = secondsOf.flatMap((span) => span.seconds);
  const at = (time: number) => {
    const span = secondsOf.findLast(({ from }) => from <= time);
    return span?.seconds[Math.floor((time - span.from) / 1000)];
  };
  for (const { accepted, appended } of events) {
    at(accepted)?.waits.push(appended - accepted);
    const second = at(appended);
    if (second) second.appended += 1;
  }
  const appended = seconds.map((second) => second.appended);
  return {
    perSecond: appended.reduce((sum, count) => sum + count, 0) / seconds.length,
    leastPerSecond: Math.min(...appended),
    p99: medianOf(seconds.map(({ waits }) => quantileOf(waits, 0.99))),
  };
}

/** For the notes of a row. */
export function told({ perSecond, leastPerSecond, p99 }: Flow): string {
  return `${Math.round(perSecond)}/s (least ${leastPerSecond}), p99 ${Math.round(p99)} ms`;
}
