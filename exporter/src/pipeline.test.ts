import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@selfcheer/cheer-kit';
import { configSchema } from './config/schema';
import { Pipeline } from './pipeline';
import type { RelayCommand } from './publish/relay-protocol';
import type { StartRelay } from './relay-link';

describe('Pipeline', () => {
  let dataDir = '';
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'selfcheer-'))));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const open = (
    startRelay: StartRelay,
    relayLost = (_error: Error): void => undefined,
  ): Promise<Pipeline> => {
    const nothing = (): void => undefined;
    return Pipeline.open({
      config: configSchema.parse({ dataDir }),
      configFile: undefined,
      startRelay,
      observer: {
        opened: nothing,
        committed: nothing,
        reported: nothing,
        fenced: nothing,
        relayLost,
        replayed: nothing,
        recovered: nothing,
      },
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
  };

  it('gives up a relay that hangs within the time to close, not after it', async () => {
    const withinMs = 1_500;
    const commands: RelayCommand[] = [];
    const timers = jest.spyOn(global, 'setTimeout');
    let givenUp = false;
    const pipeline = await open(() => {
      let reject!: (error: Error) => void;
      const ended = new Promise<void>((_resolve, fail) => (reject = fail));
      return {
        ended,
        send: (command) => void commands.push(command),
        giveUp() {
          givenUp = true;
          reject(new Error('given up'));
        },
      };
    });
    timers.mockClear();
    await pipeline.close(withinMs);
    const longest = Math.max(...timers.mock.calls.map(([, ms]) => ms ?? 0));
    timers.mockRestore();
    expect(givenUp).toBe(true);
    expect(longest).toBe(withinMs);
    const stop = commands.find(({ kind }) => kind === 'stop');
    expect(stop).toEqual({ kind: 'stop', withinMs: expect.any(Number) as number });
    expect(stop?.kind === 'stop' && stop.withinMs).toBeLessThan(0.75 * withinMs);
  });

  it('tells of each relay that died', async () => {
    const died: string[] = [];
    let starts = 0;
    const pipeline = await open(
      () => {
        starts += 1;
        const ended = starts === 1 ? Promise.reject(new Error('a damaged record')) : Promise.resolve();
        return { ended, send: () => undefined, giveUp: () => undefined };
      },
      (error) => died.push(error.message),
    );
    while (starts < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(died).toEqual(['a damaged record']);
    await pipeline.close(1_000);
  });
});
