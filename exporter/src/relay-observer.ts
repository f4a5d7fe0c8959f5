import { withCorrelation, type CheerEngine, type Logger } from '@selfcheer/cheer-kit';
import type { Signals } from './cheer/signals';
import type { SyntheticRuns } from './cheer/synthetic-runs';
import type { Telemetry } from './cheer/telemetry';
import { messageOf } from './errors';
import type { PipelineObserver } from './pipeline-observer';
import type { RefusedEvent, RelayReport } from './publish/relay-protocol';
import { countOf } from './words';

export interface RelayObserverOptions {
  readonly signals: Signals;
  readonly engine: CheerEngine;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly heartbeatSettled: () => void;
  readonly synthetic: Pick<SyntheticRuns, 'appended' | 'settled'>;
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

  const failingDownstreams = new Set<string>();
  const called = (calls: Extract<RelayReport, { kind: 'called' }>): void => {
    signals.called(calls);
    const { downstream, last, detail } = calls;
    const fails = last !== 'success';
    if (fails === failingDownstreams.has(downstream)) return;
    if (fails) {
      failingDownstreams.add(downstream);
      logger.warn({ downstream, result: last, detail }, `calling ${downstream} failed`);
    } else {
      failingDownstreams.delete(downstream);
      logger.info({ downstream }, `calling ${downstream} works again`);
    }
  };

  // Each probe of an open breaker opens it again: only going away and coming back are news.
  const open = new Set<string>();
  const breaker = (downstream: string, state: 'closed' | 'open' | 'half_open'): void => {
    engine.setBreaker(downstream, state);
    if (state === 'half_open' || (state === 'open') === open.has(downstream)) return;
    if (state === 'open') open.add(downstream);
    else open.delete(downstream);
    logger.info({ downstream, state }, 'the breaker changed its state');
  };

  const quarantined = ({ refused }: Extract<RelayReport, { kind: 'settled' }>): void => {
    const [first] = refused;
    if (!first) return;
    const { eventId, traceId, verdict } = first;
    // One line a batch: `selfcheer quarantine list` has them all.
    const log = traceId === undefined ? logger : withCorrelation(logger, traceId);
    log.warn(
      { count: refused.length, event_id: eventId, ...(traceId && { trace_id: traceId }), ...verdict },
      'quarantined, the first of them named here',
    );
    const groups = new Map<string, { count: number; first: RefusedEvent }>();
    for (const one of refused) {
      const group = groups.get(`${one.verdict.reason} ${one.verdict.step}`);
      if (group) group.count += 1;
      else groups.set(`${one.verdict.reason} ${one.verdict.step}`, { count: 1, first: one });
    }
    for (const { count, first } of groups.values()) {
      const { reason, step, detail } = first.verdict;
      engine.eventsQuarantined({ count, reason, step, detail: `${detail} (event ${first.eventId})` });
    }
  };

  return {
    opened(lanes, aliveAt) {
      signals.opened(lanes, aliveAt);
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
          if (report.traffic === 'synthetic') {
            options.heartbeatSettled();
            options.synthetic.settled(report);
          }
          quarantined(report);
          break;
        case 'sent':
          sent(report);
          break;
        case 'waiting':
          signals.waits(report.lane, report.detail);
          break;
        case 'breaker':
          breaker(report.downstream, report.state);
          break;
        case 'called':
          called(report);
          break;
        case 'ready':
          // The breakers of the relay before, if there was one, are gone with it.
          for (const downstream of open) breaker(downstream, 'closed');
          break;
        case 'freeze':
        case 'stopped':
          break;
      }
    },
    appended: (events, outcomes) => options.synthetic.appended(events, outcomes),
    replayed: (lane, seq) => signals.replayed(lane, seq),
    recovered(replays) {
      const [first] = replays;
      if (!first) return;
      const { eventId, attempts, firstQuarantinedAt } = first;
      const seconds = Math.max(0, Math.round((Date.now() - firstQuarantinedAt) / 1000));
      const detail = `event ${eventId}, first set aside ${seconds} s ago, ${countOf(attempts, 'attempt')} failed`;
      logger.info({ count: replays.length, event_id: eventId }, 'replayed from quarantine and through');
      engine.eventsRecovered({ count: replays.length, detail });
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
