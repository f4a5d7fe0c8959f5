import type { CheerEngine, Logger } from '@selfcheer/cheer-kit';
import type { Signals } from './cheer/signals';
import type { Telemetry } from './cheer/telemetry';
import { messageOf } from './errors';
import type { PipelineObserver } from './pipeline';
import type { RelayReport } from './publish/relay-protocol';

export interface RelayObserverOptions {
  readonly signals: Signals;
  readonly engine: CheerEngine;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly heartbeatSettled: () => void;
}

/** Turns what the pipeline tells into signals, breaker states and log lines. */
export function relayObserver(options: RelayObserverOptions): PipelineObserver {
  const { signals, engine, telemetry, logger } = options;
  let failing = false;

  const sent = ({ result, retry, detail }: Extract<RelayReport, { kind: 'sent' }>): void => {
    signals.sent(result, retry);
    // The first failure after a success is news, and so is the first success after that.
    if ((result !== 'published') === failing) return;
    failing = !failing;
    if (failing) logger.warn({ result, detail }, `sending to ${telemetry.downstream} failed`);
    else logger.info(`sending to ${telemetry.downstream} works again`);
  };

  // Each probe of an open breaker opens it again: only going away and coming back are news.
  let open = false;
  const breaker = (state: 'closed' | 'open' | 'half_open'): void => {
    if (state === 'half_open' || (state === 'open') === open) return;
    open = !open;
    logger.info({ downstream: telemetry.downstream, state }, 'the breaker changed its state');
  };

  const quarantined = ({ refused }: Extract<RelayReport, { kind: 'settled' }>): void => {
    const [first] = refused;
    if (!first) return;
    const { eventId, verdict } = first;
    // One line a batch: `selfcheer quarantine list` has them all.
    logger.warn(
      { count: refused.length, event_id: eventId, ...verdict },
      'quarantined, the first of them named here',
    );
  };

  return {
    opened(lanes) {
      signals.opened(lanes);
      engine.setFenced(undefined);
    },
    committed: (lanes, seconds) => signals.committed(lanes, seconds),
    reported(report) {
      switch (report.kind) {
        case 'frozen':
          signals.frozen(report);
          break;
        case 'settled':
          signals.settled(report);
          if (report.traffic === 'synthetic') options.heartbeatSettled();
          quarantined(report);
          break;
        case 'sent':
          sent(report);
          break;
        case 'breaker':
          engine.setBreaker(telemetry.downstream, report.state);
          breaker(report.state);
          break;
        case 'ready':
        case 'stopped':
          break;
      }
    },
    relayLost(error) {
      signals.relayLost();
      engine.batchMissed({ traffic: 'real', reason: 'error', detail: `the relay died: ${messageOf(error)}` });
      logger.error({ err: error }, 'the relay died; it is started again');
    },
    fenced(error) {
      engine.setFenced(messageOf(error));
      logger.error({ err: error }, 'the store is fenced: nothing is accepted until it has been verified');
    },
  };
}
