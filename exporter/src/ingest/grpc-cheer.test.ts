import { status } from '@grpc/grpc-js';
import type { CheerVerdict } from '@selfcheer/cheer-kit';
import { collect, greenVerdict, GrpcFixture, type Message, until } from '../../test/helpers/grpc-fixture';

const get = 'selfcheer.v1.CheerService/GetCheer';
const watch = 'selfcheer.v1.CheerService/WatchCheer';
const began = 1_700_000_000_500;
const yellow: CheerVerdict = {
  ...greenVerdict,
  state: 'yellow',
  score: 61.5,
  idle: true,
  reasons: [
    { code: 'age', detail: 'oldest 3 s of 1 s', figure: 3, limit: 1, unit: 'seconds', since: began },
    { code: 'draining', detail: 'SIGTERM', since: began },
  ],
  conditions: [
    {
      name: 'age',
      ok: false,
      figure: 3,
      limit: 1,
      unit: 'seconds',
      detail: 'oldest 3 s of 1 s',
      since: began,
    },
  ],
  errorBudgetRemaining: -0.25,
};
const warming: CheerVerdict = { ...greenVerdict, state: 'warming', score: null };

describe('CheerService', () => {
  let fixture: GrpcFixture;
  beforeEach(async () => {
    fixture = await new GrpcFixture().start();
  });
  afterEach(() => fixture.close());
  const tell = (verdict: CheerVerdict): void => {
    for (const listener of fixture.listeners) listener(verdict);
  };

  it('gets the cheer whole', async () => {
    fixture.verdict = yellow;
    expect(await fixture.call(get, {})).toEqual({
      state: 'CHEER_STATE_YELLOW',
      score: 61.5,
      reasons: [
        { code: 'age', detail: 'oldest 3 s of 1 s', since: began, figure: 3, limit: 1, unit: 'seconds' },
        { code: 'draining', detail: 'SIGTERM', since: began },
      ],
      error_budget_remaining: -0.25,
      cheers_total: 12,
      misses_total: 1,
      idle: true,
      since: 1_700_000_000_000,
      conditions: [
        {
          name: 'age',
          ok: false,
          figure: 3,
          limit: 1,
          detail: 'oldest 3 s of 1 s',
          unit: 'seconds',
          since: began,
        },
      ],
    });
  });

  it.each(['warming', 'green', 'yellow', 'red', 'disabled'] as const)('knows the state %s', async (state) => {
    fixture.verdict = { ...greenVerdict, state };
    expect(await fixture.call(get, {})).toHaveProperty('state', `CHEER_STATE_${state.toUpperCase()}`);
  });

  it('has no score while there is none', async () => {
    fixture.verdict = warming;
    expect(await fixture.call(get, {})).not.toHaveProperty('score');
  });

  it('watches: the cheer at once, then each change', async () => {
    const stream = fixture.watch(watch);
    const seen: Message[] = [];
    stream.on('data', (cheer: Message) => seen.push(cheer));
    await until(() => seen.length === 1);
    tell(yellow);
    await until(() => seen.length === 2);
    tell(greenVerdict);
    await until(() => seen.length === 3);
    expect(seen.map((cheer) => cheer['state'])).toEqual([
      'CHEER_STATE_GREEN',
      'CHEER_STATE_YELLOW',
      'CHEER_STATE_GREEN',
    ]);
    stream.on('error', () => undefined);
    stream.cancel();
    await until(() => fixture.listeners.size === 0);
    expect(fixture.handled).toEqual([`${watch} CANCELLED`]);
  });

  it('gives a slow reader the newest and skips what is between', async () => {
    const stream = fixture.watch(watch);
    stream.pause();
    await until(() => fixture.listeners.size === 1);
    const changes = 20_000;
    const padding = 'x'.repeat(500);
    for (let i = 1; i <= changes; i++) {
      tell({ ...yellow, cheersTotal: i, reasons: [{ code: 'age', detail: padding, since: 1 }] });
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    const seen: Message[] = [];
    stream.on('data', (cheer: Message) => seen.push(cheer));
    stream.resume();
    await until(() => seen.at(-1)?.['cheers_total'] === changes);
    expect(seen.length).toBeLessThan(changes / 2);
    stream.on('error', () => undefined);
    stream.cancel();
  });

  it('ends watches well when it drains', async () => {
    const done = collect(fixture.watch(watch));
    await until(() => fixture.listeners.size === 1);
    await fixture.server.drain(5000);
    const { answers, error } = await done;
    expect(error).toBeUndefined();
    expect(answers).toHaveLength(1);
    expect(fixture.listeners.size).toBe(0);
  });

  it.each([get, watch])('refuses a malformed request to %s', async (path) => {
    const error = await fixture.failure(path, Buffer.from([0x0f]));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(fixture.listeners.size).toBe(0);
  });
});
