import type { Logger } from '@selfcheer/cheer-kit';
import type { BrokerAck } from './broker-ack';
import type { Config } from './config/schema';
import { sinkOf } from './config/sink';
import { SelfcheerError } from './errors';
import type { Batch } from './outbox/batch';
import type { Outbox } from './outbox/outbox';
import type { Quarantine } from './outbox/quarantine';
import type { Replay } from './outbox/replays';
import type { PipelineObserver } from './pipeline-observer';
import type { FreezeRequest, RelayCommand, RelayReport, SettledBatch } from './publish/relay-protocol';

export interface RelayNotesOptions {
  readonly config: Config;
  /** The store that is open now. */
  readonly parts: () => { readonly outbox: Outbox; readonly quarantine: Quarantine };
  readonly brokerAck: BrokerAck;
  readonly observer: Pick<PipelineObserver, 'reported' | 'recovered'>;
  readonly logger: Logger;
}

/** Notes in the store what the relay tells: what is settled, and what must be stored before it is sent. */
export class RelayNotes {
  /** What the relay told and a fenced store could not take. */
  private unnoted = 0;

  constructor(private readonly options: RelayNotesOptions) {}

  hear(report: RelayReport, answer: (command: RelayCommand) => void): void {
    const { config, brokerAck, observer } = this.options;
    observer.reported(report);
    if (report.kind === 'breaker' && report.downstream === sinkOf(config)) brokerAck.breaker(report.state);
    if (report.kind === 'freeze') this.freeze(report, answer);
    if (report.kind !== 'settled') return;
    this.settle(report).catch((error: unknown) => {
      this.notNoted(error, report.lane, 'a settled batch could not be noted; it will be sent again');
    });
  }

  /** Call it when the relay of a fenced store has ended. */
  tellUnnoted(): void {
    const batches = this.unnoted;
    this.unnoted = 0;
    if (batches === 0) return;
    this.options.logger.warn({ batches }, 'what the fenced store could not note will be sent again');
  }

  /** Without its answer the lane waits: it is sent when this is stored, by this relay or by the next one. */
  private freeze({ lane, through, results }: FreezeRequest, answer: (command: RelayCommand) => void): void {
    const { outbox } = this.options.parts();
    outbox.freeze(lane, results).then(
      () => answer({ kind: 'frozen', lane, through }),
      (error: unknown) => this.notNoted(error, lane, 'results could not be frozen yet'),
    );
  }

  /** A fence is one thing, however many batches it hits: those are counted, and told when the relay has ended. */
  private notNoted(error: unknown, lane: number, what: string): void {
    if (error instanceof SelfcheerError && error.code === 'store_fenced') this.unnoted += 1;
    else this.options.logger.error({ err: error, lane }, what);
  }

  private async settle({ lane, through, bytes, refused }: SettledBatch): Promise<void> {
    const { parts, brokerAck, observer } = this.options;
    const { outbox, quarantine } = parts();
    let recovered: readonly Replay[] = [];
    const move = async (batch: Batch): Promise<void> => {
      recovered = await quarantine.settle(batch, lane, through, refused);
    };
    await outbox.settle(lane, through, bytes, quarantine.concerns(lane, through, refused) ? move : undefined);
    brokerAck.note(lane, through, refused);
    if (recovered.length > 0) observer.recovered(recovered);
  }
}
