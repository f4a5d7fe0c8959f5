import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../src/errors';
import { callGrpc, cheerPath } from '../helpers/grpc-caller';
import { eventually, Service, temporaryDirectory, temporaryFile, tidyUp } from '../helpers/service';

interface FlagSample {
  readonly flags: Record<string, { readonly variants: Record<string, unknown>; defaultVariant: string }>;
}

/** The file that docs/flags.md shows. */
const sample = readFileSync(join(__dirname, '../../../docs/flags.json'), 'utf8');

/** The same with other variants chosen, as an operator edits it. */
function edited(chosen: Readonly<Record<string, string>>): string {
  const file = JSON.parse(sample) as FlagSample;
  for (const [flag, variant] of Object.entries(chosen)) file.flags[flag]!.defaultVariant = variant;
  return JSON.stringify(file);
}

/*
 * Chapter 18. Feature flags are a file that an operator edits; a running service follows within seconds. The kill switch
 * silences the cheer on every surface, and nothing else. The threshold moves the floor of the error budget. What is wrong
 * in the file changes nothing, and is said.
 */
describe('18 flags', () => {
  afterEach(tidyUp);

  it('the kill switch: "disabled" on every surface while events go on, and back', async () => {
    const file = temporaryFile('flags.json', sample);
    const service = await Service.start({ flags: { file }, cheer: { heartbeatSeconds: 0.2 } });
    await eventually(async () => (await service.cheer()).state === 'green');
    expect(await flagsOf(service)).toMatchObject([
      { flag: 'health-cheer', variant: 'on', value: true, reason: 'STATIC' },
      { flag: 'cheer-threshold', variant: 'normal', value: 0.1 },
      // Its rule gives nothing for this track.
      { flag: 'sampling-ratio', variant: 'tenth', value: 0.1, reason: 'DEFAULT' },
    ]);

    writeFileSync(file, edited({ 'health-cheer': 'off' }));
    await eventually(async () => (await service.cheer()).state === 'disabled');
    const off = { state: 'disabled', score: null, reasons: [] };
    expect(await service.cheer()).toMatchObject({ ...off, note: 'switched off by the flag health-cheer' });
    expect((await service.get('/api/v1/summary')).json).toMatchObject({
      cheer: off,
      flags: [{ flag: 'health-cheer', variant: 'off', value: false }, {}, {}],
    });
    expect(await callGrpc(service.app.addresses.grpc, cheerPath, {})).toMatchObject({
      state: 'CHEER_STATE_DISABLED',
    });
    const metrics = (await service.get('/metrics')).text;
    expect(metrics).toMatch(/^cheer_state\{state="disabled"\} 1$/m);
    expect(metrics).toMatch(/^cheer_state\{state="green"\} 0$/m);
    expect(metrics).toMatch(/^cheer_health 0$/m);
    expect(metrics).not.toMatch(/^cheer_score /m);
    expect(metrics).toMatch(/^feature_flag_info\{flag="health-cheer",variant="off"\} 1$/m);
    expect(metrics).not.toMatch(/variant="on"/);

    // The cheer is off, the service is not.
    const reply = await service.send({ event_id: 'a', payload: 1 });
    expect([reply.status, reply.json]).toMatchObject([202, { cheer: { state: 'disabled', score: null } }]);
    expect(await service.untilPublished(1)).toHaveLength(1);
    expect((await service.get('/readyz')).status).toBe(200);
    expect((await service.get('/health')).json).toMatchObject({
      status: 'ok',
      checks: { flags: { status: 'ok', detail: expect.stringContaining('health-cheer off') } },
    });

    writeFileSync(file, sample);
    await eventually(async () => (await service.cheer()).state === 'green');
    const { events } = (await service.get('/api/v1/events')).json as unknown as { events: CheerEvent[] };
    expect(events.map(({ kind, title, detail }) => [kind, title, detail])).toEqual([
      ['state', 'All is well', 'was warming'],
      ['flag', 'Flag health-cheer is off', 'off (false); was on (true)'],
      ['state', 'Switched off', 'flag health-cheer is off; was green'],
      ['flag', 'Flag health-cheer is on', 'on (true); was off (false)'],
      ['state', 'All is well', 'was disabled'],
    ]);
  });

  it('the threshold: the verdict and the rules hold the budget against it', async () => {
    const file = temporaryFile('flags.json', sample);
    const service = await Service.start({
      flags: { file },
      cheer: { holdSeconds: 0, heartbeatSeconds: 0.2 },
      // Every event may be bad: when six of ten are, four tenths of the budget are left.
      slo: { deliveryObjective: 0, minBadEvents: 1 },
      enrich: [{ step: 'schema', file: temporaryFile('schema.json', '{"type":"number"}') }],
    });
    const payloads = [1, 2, 3, 4, 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
    await service.send(payloads.map((payload, n) => ({ event_id: `e${n}`, payload })));
    await service.untilPublished(4);
    await eventually(async () => (await budget(service)).figure === 0.4);
    await eventually(async () => (await service.cheer()).state === 'green');

    writeFileSync(file, edited({ 'cheer-threshold': 'careful' }).replace('0.25', '0.5'));
    await eventually(async () => (await service.cheer()).state === 'yellow');
    const { reasons } = await service.cheer();
    expect(reasons).toEqual([
      {
        ...{ code: 'error_budget', figure: 0.4, limit: 0.5, unit: 'ratio', since: expect.any(String) },
        detail: '40 % of the budget of delivery is left (6 of 10 events were bad); floor 50 %',
      },
    ]);
    expect(await budget(service)).toMatchObject({ ok: false, figure: 0.4, limit: 0.5, unit: 'ratio' });
    expect((await service.get('/metrics')).text).toMatch(/^cheer_health_budget_floor_ratio 0\.5$/m);

    writeFileSync(file, sample);
    await eventually(async () => (await service.cheer()).state === 'green');
    expect((await service.get('/metrics')).text).toMatch(/^cheer_health_budget_floor_ratio 0\.1$/m);
  });

  it('a broken file, and one that goes away: the last good values stay, degraded, said once', async () => {
    const file = temporaryFile('flags.json', edited({ 'health-cheer': 'off' }));
    const service = await Service.start({ flags: { file } });
    expect((await service.cheer()).state).toBe('disabled');
    const flagsCheck = async (): Promise<{ status: string; detail: string }> => {
      const { checks } = (await service.get('/health')).json as unknown as {
        checks: Record<string, { status: string; detail: string }>;
      };
      return checks['flags']!;
    };

    writeFileSync(file, sample.slice(0, 100));
    await eventually(async () => (await flagsCheck()).status === 'degraded');
    expect((await flagsCheck()).detail).toMatch(/^the flags file can't be used: it is no JSON: /);
    unlinkSync(file);
    await eventually(async () => /ENOENT/.test((await flagsCheck()).detail));
    expect((await service.cheer()).state).toBe('disabled');
    expect((await service.get('/readyz')).status).toBe(200);
    expect(service.log.filter(({ level }) => level === 'error')).toMatchObject([{ file }, { file }]);

    writeFileSync(file, sample);
    await eventually(async () => (await flagsCheck()).status === 'ok');
    await eventually(async () => (await service.cheer()).state !== 'disabled');
  });

  it('at the start a missing file is a usage error; a broken one starts with the defaults and is followed', async () => {
    const missing = join(temporaryDirectory(), 'flags.json');
    const refused = Service.start({ flags: { file: missing } });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(`Can't read the flags file ${missing}`);

    const file = temporaryFile('flags.json', '{"flags": {}, }');
    const service = await Service.start({ flags: { file }, cheer: { budgetFloorRatio: 0.2 } });
    expect(await flagsOf(service)).toMatchObject([
      { flag: 'health-cheer', variant: 'default', value: true },
      { flag: 'cheer-threshold', variant: 'default', value: 0.2 },
      { flag: 'sampling-ratio', variant: 'default', value: 1 },
    ]);
    expect((await service.get('/health')).json).toMatchObject({ checks: { flags: { status: 'degraded' } } });
    writeFileSync(file, edited({ 'health-cheer': 'off' }));
    await eventually(async () => (await service.cheer()).state === 'disabled');
  });

  it('without a file: the defaults, and no check of one', async () => {
    const service = await Service.start();
    expect(await flagsOf(service)).toMatchObject([{ variant: 'default' }, { variant: 'default' }, {}]);
    expect((await service.get('/health')).json).not.toHaveProperty('checks.flags');
    expect((await service.get('/metrics')).text).toMatch(
      /^feature_flag_info\{flag="health-cheer",variant="default"\} 1$/m,
    );
  });
});

interface CheerEvent {
  readonly kind: string;
  readonly title: string;
  readonly detail: string;
}

async function flagsOf(service: Service): Promise<unknown> {
  return ((await service.get('/api/v1/flags')).json as unknown as { flags: unknown }).flags;
}

async function budget(service: Service): Promise<{ ok: boolean; figure: number | null; limit: number }> {
  const { conditions } = (await service.get('/api/v1/cheer')).json as unknown as {
    conditions: { ok: boolean; figure: number | null; limit: number }[];
  };
  return conditions[0]!;
}
