import { createLogger, type EngineEvent } from '@selfcheer/cheer-kit';
import { Signals } from './cheer/signals';
import { createTelemetry } from './cheer/telemetry';
import { configSchema } from './config/schema';
import { relayObserver } from './relay-observer';

describe('relayObserver', () => {
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
