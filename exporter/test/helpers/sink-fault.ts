import type { OutgoingMessage, Publisher, PublishOutcome } from '../../src/publish/publisher';
import { inlineRelay, type StartRelay } from '../../src/relay-link';
import { createPublisher } from '../../src/relay-run';

type Fault = (
  topic: string,
  batch: readonly OutgoingMessage[],
) => PublishOutcome | Promise<PublishOutcome> | 'pass';

/** The embedded sink behind a fault that can be switched on and off. */
export class SinkFault {
  /** Every send that was tried, as the ids in its batch. */
  readonly sends: { readonly topic: string; readonly ids: readonly string[] }[] = [];
  private fault: Fault = () => 'pass';

  readonly startRelay: StartRelay = inlineRelay((config, settings) =>
    this.wrap(createPublisher(config, settings)),
  );

  /** The sink does not answer a connection. */
  away(): void {
    const error = new Error('connection refused');
    this.fault = () => ({ kind: 'waiting', reason: 'unavailable', error });
  }

  set(fault: Fault): void {
    this.fault = fault;
  }

  back(): void {
    this.fault = () => 'pass';
  }

  private wrap(real: Publisher): Publisher {
    return {
      downstream: real.downstream,
      connect: () => real.connect(),
      close: () => real.close(),
      publish: async (topic, batch) => {
        this.sends.push({ topic, ids: batch.map(({ headers }) => headers['ce_id'] ?? '') });
        const outcome = await this.fault(topic, batch);
        return outcome === 'pass' ? real.publish(topic, batch) : outcome;
      },
    };
  }
}
