import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Logger } from '@selfcheer/cheer-kit';
import { ClassicLevel } from 'classic-level';
import { configSchema } from './config/schema';
import { Pipeline } from './pipeline';
import { createEvent } from './event';
import { ballastPath } from './outbox/ballast';
import type { RelayCommand, RelayReport } from './publish/relay-protocol';
import type { StartRelay } from './relay-link';

describe('Pipeline', () => {
  let dataDir = '';
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'selfcheer-'))));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const open = (
    startRelay: StartRelay,
    relayLost = (_error: Error): void => undefined,
    logger = createLogger({ service: 'test', level: 'silent' }),
    opened = (): void => undefined,
  ): Promise<Pipeline> => {
    const nothing = (): void => undefined;
    return Pipeline.open({
      config: configSchema.parse({ dataDir }),
      configFile: undefined,
      startRelay,
      observer: {
        opened,
        committed: nothing,
        appended: nothing,
        reported: nothing,
        fenced: nothing,
        relayLost,
        replayed: nothing,
        recovered: nothing,
      },
      logger,
    });
  };

  const event = (id: string) =>
    createEvent(
      { id, payload: Buffer.from('1') },
      { receivedAt: 0, tenant: 'default', traffic: 'real' },
      { source: '/s', type: 't' },
    );

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

  it('says of a full disk once what could not be noted, gives the ballast away and opens again by itself', async () => {
    const lines: unknown[][] = [];
    const told = (...line: unknown[]): unknown => lines.push(line);
    const logger = { info: told, warn: told, error: told } as unknown as Logger;
    let report!: (report: RelayReport) => void;
    let opened = 0;
    const relay: StartRelay = (_settings, hear) => {
      report = hear;
      let end!: () => void;
      const ended = new Promise<void>((resolve) => (end = resolve));
      return { ended, send: ({ kind }) => kind === 'stop' && end(), giveUp: end };
    };
    const pipeline = await open(relay, undefined, logger, () => void (opened += 1));
    const outcomes = await pipeline.append(Array.from({ length: 40 }, (_, n) => event(`e${n}`)));
    expect(outcomes.every(({ status }) => status === 'accepted')).toBe(true);
    writeFileSync(ballastPath(dataDir), 'room');
    const batch = jest.spyOn(ClassicLevel.prototype, 'batch').mockImplementation(() => {
      throw new Error('IO error: 000005.log: No space left on device');
    });
    const waiting = pipeline.lanes.flatMap(({ low, high }, lane) => (high < low ? [] : [lane]));
    for (const lane of waiting) {
      report({ kind: 'settled', lane, through: 1, bytes: 0, published: 1, dropped: 0, refused: [] } as never);
    }
    await expect(pipeline.append([event('late')])).rejects.toMatchObject({ code: 'store_fenced' });
    batch.mockRestore();
    while (opened < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(existsSync(ballastPath(dataDir))).toBe(false);
    expect(waiting.length).toBeGreaterThan(1);
    expect(lines).toEqual([[{ batches: waiting.length }, expect.stringContaining('could not note')]]);
    expect(await pipeline.append([event('again')])).toMatchObject([{ status: 'accepted' }]);
    await pipeline.close(1_000);
  });

  it('has the store give room back when something was settled since, and only then', async () => {
    const compact = jest.spyOn(ClassicLevel.prototype, 'compactRange').mockResolvedValue();
    let report!: (report: RelayReport) => void;
    const pipeline = await open((_settings, hear) => {
      report = hear;
      return { ended: Promise.resolve(), send: () => undefined, giveUp: () => undefined };
    });
    await pipeline.append([event('one')]);
    pipeline.reclaim();
    await new Promise((resolve) => setImmediate(resolve));
    const before = compact.mock.calls.length;
    pipeline.reclaim();
    expect(compact.mock.calls.length).toBe(before);
    const lane = pipeline.lanes.findIndex(({ high }) => high === 1);
    report({ kind: 'settled', lane, through: 1, bytes: 0, published: 1, dropped: 0, refused: [] } as never);
    while (pipeline.lanes[lane]!.low === 1) await new Promise((resolve) => setImmediate(resolve));
    pipeline.reclaim();
    expect(compact.mock.calls.length).toBe(before + 1);
    compact.mockRestore();
    await pipeline.close(1_000);
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
