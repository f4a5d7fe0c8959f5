import { account } from './account';
import { nobodyThere, unscraped } from './blind';
import { type Pace, rehearse, type Rehearsal } from './rollout';
import { badBuilds, Stage, until } from './stage';

/** The short form of `npm run e2e:release`: fewer events, and few real ones, as a machine in CI has other work, too. */
const quick: Pace = { verify: ['--events', '20'], passes: 2, everyMs: 300, inconclusiveLimit: 200 };
const lightPerSecond = 10;
const enoughPerSecond = 60;

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.start();
  stage.load.perSecond = lightPerSecond;
});

afterAll(() => stage?.close());

/** The attempt stands on top of HEALTH_CHANGELOG.md, and as a region in Grafana. */
async function isTold({ release, document }: Rehearsal): Promise<void> {
  const heading = `## exporter ${release}: ${document?.verdict} (`;
  const top = async (): Promise<string> => {
    const text = await stage.changelog().catch(() => '');
    return text.slice(Math.max(0, text.indexOf('## ')));
  };
  await until(heading, async () => (await top()).startsWith(heading));
  expect(await top()).toContain(`- run: \`${document?.run}\``);
  const told = () =>
    stage.grafana.tagged('release', 'exporter').filter(({ text }) => text.includes(` ${release} `));
  await until(`an annotation of ${release}`, () => told().length > 0);
  expect(told()).toHaveLength(1);
  expect(told()[0]?.timeEnd).toBeGreaterThan(told()[0]?.time ?? Infinity);
}

test('a good build gets all of the traffic, and takes the place of the old one', async () => {
  const good = await rehearse(stage, 'good', quick);
  expect(good.document?.gates.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  expect(good).toMatchObject({ outcome: 'promoted', exitCode: 0, weight: 100, drains: [0, 0] });
  expect(good).toMatchObject({ errorsOfCanary: 0, otherErrors: 0 });
  expect(good.requestsToCanary).toBeGreaterThan(0);
  expect(good.document).toMatchObject({ verdict: 'pass', previous: '1.0.0' });
  expect(good.document?.flags).toContainEqual(
    expect.objectContaining({ flag: 'sampling-ratio', variant: 'tenth' }),
  );
  await isTold(good);
});

test.each([
  ['slow', 'latency'],
  ['erroring', 'accepted'],
  ['silent', 'published'],
  ['cheer-dropping', 'cheer'],
] satisfies [(typeof badBuilds)[number], string][])(
  'a build that is %s fails at the gate %s and gets no traffic',
  async (build, gate) => {
    const bad = await rehearse(stage, build, quick);
    expect(bad).toMatchObject({ outcome: 'rolled back before traffic', exitCode: 1, drains: [0] });
    const failed = bad.document?.gates.filter(({ verdict }) => verdict === 'fail') ?? [];
    expect(failed.map(({ name }) => name)).toContain(gate);
    expect(bad).toMatchObject({ requestsToCanary: 0, errorsOfCanary: 0, otherErrors: 0 });
    expect((await stage.verdict(bad.release)).verdict).toBe('fail');
    await isTold(bad);
  },
);

test('a build that is bad to callers alone is rolled back under traffic', async () => {
  stage.load.perSecond = enoughPerSecond;
  const bad = await rehearse(stage, 'souring', { ...quick, passes: 100 });
  stage.load.perSecond = lightPerSecond;
  expect(bad).toMatchObject({ outcome: 'rolled back under traffic', exitCode: 0, weight: 10, drains: [0] });
  expect(bad.polls.at(-1)).toBe('fail: live_red');
  // Ten bad ones spend a budget; it is asked for three times a second, and sees what was a second ago.
  expect(bad.errorsOfCanary).toBeGreaterThanOrEqual(10);
  expect(bad.errorsOfCanary).toBeLessThan(60);
  expect(bad.otherErrors).toBe(0);
  await isTold(bad);
});

test('a flag of the canary is named by its gate, and without data there is no pass', async () => {
  const release = stage.nextVersion();
  const canary = await stage.startCanary('good', release);
  // A flag that is changed before the sidecar has seen the process is history to it.
  await until('the sidecar knows it', async () => {
    const { reasons } = await stage.verdict(release);
    return reasons.every(({ code }) => code !== 'not_running' && code !== 'live_away');
  });
  await stage.setFlags('all');
  const variantOf = async (admin: string): Promise<unknown> => {
    const answer = await fetch(`http://${admin}/api/v1/flags`, { signal: AbortSignal.timeout(5_000) });
    const { flags } = (await answer.json()) as { flags: { flag: string; variant: string }[] };
    return flags.find(({ flag }) => flag === 'sampling-ratio')?.variant;
  };
  await until('the flag of the canary', async () => (await variantOf(canary.addresses.admin)) === 'all');
  const flags = () => stage.grafana.tagged('flag', 'exporter').map(({ text }) => text);
  await until('its annotation', () => flags().length > 0);
  expect(flags()).toEqual([expect.stringContaining('sampling-ratio')]);
  await until('its place in the changelog', async () =>
    (await stage.changelog()).includes('Flag sampling-ratio'),
  );

  const [{ code, stdout }, ...blind] = await Promise.all([
    stage.verify(release, ['--events', '20']),
    unscraped(stage, release),
    nobodyThere(stage),
  ]);
  const document = JSON.parse(stdout) as { gates: { verdict: string }[]; flags: unknown[] };
  expect(document.gates.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  expect(code).toBe(0);
  expect(document.flags).toContainEqual(
    expect.objectContaining({ flag: 'sampling-ratio', variant: 'all', value: 1 }),
  );
  expect(blind.map(({ exitCode, verdict }) => [exitCode, verdict])).toEqual([
    [3, 'inconclusive'],
    [3, 'inconclusive'],
  ]);
  expect(await variantOf(stage.stable.addresses.admin)).toBe('tenth');
  expect(await stage.drainCanary()).toBe(0);
});

test('of all this no acknowledged event is lost', async () => {
  const { acknowledged, lost, changed } = await account(stage);
  expect(stage.load.givenUp).toEqual([]);
  expect(acknowledged).toBeGreaterThan(100);
  expect([lost, changed]).toEqual([[], []]);
});
