import { createLogger, type EngineEvent } from '@selfcheer/cheer-kit';
import { Signals } from './cheer/signals';
import { SyntheticRuns } from './cheer/synthetic-runs';
import { createTelemetry } from './cheer/telemetry';
import { configSchema } from './config/schema';
import { relayObserver } from './relay-observer';

describe('relayObserver', () => {
  it('knows why a lane waits until its batch is settled, or the relay dies', () => {
    const config = configSchema.parse({});
    const telemetry = createTelemetry(config, '0.0.0');
    const signals = new Signals(telemetry, config);
    const observer = relayObserver({
      ...{ signals, engine: telemetry.engine, telemetry, heartbeatSettled: () => undefined },
      synthetic: new SyntheticRuns({ now: () => 0 }),
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    const waits = () => observer.reported({ kind: 'waiting', lane: 3, detail: 'no topic' });
    waits();
    expect(signals.waitReason(3)).toBe('no topic');
    expect(signals.waitReason(2)).toBeUndefined();
    const counts = {
      bytes: 1,
      enriched: 1,
      published: 1,
      dropped: 0,
      droppedSeqs: [],
      refused: [],
      failedSends: 1,
    };
    const seconds = { enrichSeconds: 0, publishSeconds: 0 };
    observer.reported({ kind: 'settled', lane: 3, through: 1, traffic: 'real', ...counts, ...seconds });
    expect(signals.waitReason(3)).toBeUndefined();
    waits();
    observer.relayLost(new Error('it died'));
    expect(signals.waitReason(3)).toBeUndefined();
    telemetry.resources.stop();
  });

  it('names a relay that died among the misses', () => {
    const config = configSchema.parse({});
    const telemetry = createTelemetry(config, '0.0.0');
    const { engine } = telemetry;
    const observer = relayObserver({
      signals: new Signals(telemetry, config),
      engine,
      telemetry,
      logger: createLogger({ service: 'test', level: 'silent' }),
      heartbeatSettled: () => undefined,
      synthetic: new SyntheticRuns({ now: () => 0 }),
    });
    const events: EngineEvent[] = [];
    engine.subscribe((event) => events.push(event));
    observer.relayLost(new Error('record 7 of lane 2 is damaged'));
    telemetry.resources.stop();
    expect(events).toEqual([
      expect.objectContaining({
        type: 'miss',
        reason: 'error',
        traffic: 'real',
        detail: 'the relay died: record 7 of lane 2 is damaged',
      }),
    ]);
  });
});
