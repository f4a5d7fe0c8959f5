import { mkdtempSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn, type Given, type Outcome } from '../../test/helpers/cli';
import { serve, startJudgedService, type JudgedService } from '../../test/helpers/judged-service';
import { verifyDocumentOf } from '../../test/helpers/verify-documents';
import * as run from '../release/run';
import { verifyDocument, type Verdict, type VerifyDocument } from '../release/verify-document';

jest.mock<typeof run>('../release/run', () => {
  const actual = jest.requireActual<typeof run>('../release/run');
  return { ...actual, runVerify: jest.fn(actual.runVerify) };
});
jest.setTimeout(60_000);

const runVerify = jest.mocked(run.runVerify);
const addresses = ['--target', '127.0.0.1:9474', '--ingest', '127.0.0.1:8090', '--release', '2.0.0'];
let cwd: string;
let service: JudgedService;

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-verify-'));
  service = await startJudgedService();
});

afterEach(async () => {
  runVerify.mockClear();
  rmSync(cwd, { recursive: true });
  await service.close();
});

const verify = (words: readonly string[], given: Given = {}): Promise<Outcome> =>
  runIn(cwd, ['verify', ...words], given);

/** With what a run would have found. */
function found(verdict: Verdict, words: readonly string[] = [], given: Given = {}): Promise<Outcome> {
  const gates: VerifyDocument['gates'] = [
    { name: 'readiness', verdict, detail: 'It is \u001b[31mready.', figures: {} },
  ];
  runVerify.mockResolvedValueOnce(verifyDocumentOf({ verdict, gates }));
  return verify([...addresses, ...words], given);
}

describe('selfcheer verify', () => {
  it('judges a service, prints a row a gate, and writes the changelog', async () => {
    const { code, out, err } = await verify([
      ...['--target', service.url, '--ingest', service.url, '--release', '2.0.0', '--events', '20'],
    ]);
    expect(err).toBe('');
    expect(out).toMatch(/^GATE +VERDICT +WHAT WAS SEEN\nreadiness +pass +.+\naccepted +pass +20 of 20 /);
    expect(out).toMatch(/\n\nPASS: shop 2\.0\.0, \d+\.\d s, run verify-\S+\n$/);
    expect(code).toBe(0);
    expect(readFileSync(join(cwd, 'HEALTH_CHANGELOG.md'), 'utf8')).toContain('\n## shop 2.0.0: pass (');
  });

  it.each([
    ['pass', [], 0],
    ['fail', [], 1],
    ['inconclusive', [], 3],
    ['inconclusive', ['--inconclusive-as', 'pass'], 0],
    ['inconclusive', ['--inconclusive-as', 'fail'], 1],
    ['fail', ['--inconclusive-as', 'pass'], 1],
  ] as const)('%s %j exits with %d', async (verdict, words, code) => {
    expect(await found(verdict, words)).toMatchObject({ code });
  });

  it('answers as JSON with what it records, and lets nobody paint the terminal', async () => {
    const { out } = await found('fail', ['--json', '--record', service.url]);
    expect(verifyDocument.parse(JSON.parse(out))).toEqual(service.recorded[0]);
    expect((await found('fail')).out).not.toContain('\u001b');
  });

  it('records failed attempts, too, and in every place', async () => {
    const [other, grafana] = [await startJudgedService(), await serve(() => [200, {}])];
    const places = ['--record', service.url, '--record', other.url, '--grafana', grafana.url];
    expect(await found('fail', places)).toMatchObject({ code: 1, err: '' });
    expect([service.recorded.length, other.recorded.length]).toEqual([1, 1]);
    expect(existsSync(join(cwd, 'HEALTH_CHANGELOG.md'))).toBe(true);
    await Promise.all([other.close(), grafana.close()]);
  });

  describe('when it is not recorded', () => {
    let gone: string;

    beforeEach(async () => {
      const closed = await serve(() => [400, { detail: 'no' }]);
      gone = closed.url;
      await closed.close();
    });

    it('says so, and passes all the same', async () => {
      const { code, err } = await found('pass', ['--record', gone]);
      expect(err).toMatch(/^selfcheer: warning: http:\S+ did not record it: .*ECONNREFUSED/);
      expect(code).toBe(0);
    });

    it('exits with 4 where it must be, but a failure stays one', async () => {
      const words = ['--record', gone, '--require-record', '--no-changelog'];
      expect(await found('pass', words)).toMatchObject({ code: 4 });
      expect(await found('fail', words)).toMatchObject({ code: 1 });
      expect(await found('inconclusive', words)).toMatchObject({ code: 3 });
      expect(await found('inconclusive', [...words, '--inconclusive-as', 'pass'])).toMatchObject({ code: 4 });
    });

    it('is not recorded where something else answers', async () => {
      const other = await serve(() => [200, '<html>']);
      const words = ['--record', other.url, '--require-record', '--no-changelog'];
      const { code, err } = await found('pass', words);
      expect([code, err]).toEqual([4, expect.stringContaining('Is it an admin address?')]);
      await other.close();
    });

    it('minds the changelog when it was named or is the only place, and Grafana never', async () => {
      mkdirSync(join(cwd, 'HEALTH_CHANGELOG.md'));
      const must = ['--require-record'];
      expect(await found('pass', [...must, '--record', service.url])).toMatchObject({ code: 0 });
      expect(await found('pass', must)).toMatchObject({ code: 4 });
      const named = ['--record', service.url, '--changelog', 'HEALTH_CHANGELOG.md'];
      expect(await found('pass', [...must, ...named])).toMatchObject({ code: 4 });
      const noFile = ['--record', service.url, '--no-changelog', '--grafana', gone];
      expect(await found('pass', [...must, ...noFile])).toMatchObject({
        ...{ code: 0, err: expect.stringContaining('was not written to Grafana') },
      });
    });
  });

  it.each([
    ['no release', ['--target', 'a:1']],
    ['no address', ['--target', 'ftp://a', '--release', '1']],
    ['a key in an address', ['--target', 'http://u:p@a:1', '--release', '1']],
    ['an address with a query', ['--target', 'http://a:1/?x', '--release', '1']],
    ['itself as the baseline', [...addresses, '--baseline', '127.0.0.1:9474']],
    ['one ingest for both', ['--target', 'a:1', '--baseline', 'a:2', '--release', '1']],
    ['an ingest of no baseline', [...addresses, '--baseline-ingest', 'a:1']],
    ['a record without a place', [...addresses, '--require-record', '--no-changelog']],
    ['too few events to judge', [...addresses, '--events', '19']],
    ['an unknown verdict', [...addresses, '--inconclusive-as', 'maybe']],
    ['an option for a version', ['--target', 'a:1', '--release', '--json']],
    ['an endless version', ['--target', 'a:1', '--release', 'v'.repeat(201)]],
    ['an endless address', ['--target', `http://a:1/${'a'.repeat(2_000)}`, '--release', '1']],
    ['a key that no header takes', [...addresses, '--api-key', 'schlüssel']],
    ['a key of two words', [...addresses, '--api-key', 'a\nb']],
    ['no time', [...addresses, '--timeout', '1s']],
  ])('exits with 2 at wrong usage: %s', async (_, words) => {
    const { code, err } = await verify(words);
    expect(err).not.toBe('');
    expect(code).toBe(2);
    expect(runVerify).not.toHaveBeenCalled();
  });

  it.each(['GRAFANA_TOKEN', 'SELFCHEER_RECORD_KEY', 'SELFCHEER_API_KEY'])(
    'does not say a %s that no header takes',
    async (name) => {
      const given = { env: { [name]: 'schlüssel' } };
      const { code, err } = await verify([...addresses, '--grafana', 'g:1'], given);
      expect([code, err]).toEqual([2, expect.stringMatching(`^selfcheer: ${name} has `)]);
      expect(err).not.toContain('schl');
    },
  );

  it('exits with 3 and records nothing when it is interrupted or broken', async () => {
    const signal = AbortSignal.abort();
    expect(await verify([...addresses, '--record', service.url], { signal })).toMatchObject({
      code: 3,
      out: '',
    });
    runVerify.mockRejectedValueOnce(new Error('a bug'));
    expect(await verify(addresses)).toMatchObject({ code: 3, err: 'selfcheer: not verified: a bug\n' });
    expect(service.recorded).toEqual([]);
    expect(existsSync(join(cwd, 'HEALTH_CHANGELOG.md'))).toBe(false);
  });

  it('asks the ports that services have by default, with the keys of the environment', async () => {
    const env = { SELFCHEER_API_KEY: 'k', SELFCHEER_RECORD_KEY: 'r' };
    runVerify.mockResolvedValueOnce(verifyDocumentOf({ verdict: 'fail' }));
    await verify(['--target', 'canary:9464/', '--release', '2', '--baseline', 'https://stable:9464/a'], {
      env,
    });
    expect(runVerify.mock.calls[0]?.[0]).toMatchObject({
      target: { admin: 'http://canary:9464', ingest: 'http://canary:8080' },
      baseline: { admin: 'https://stable:9464/a', ingest: 'https://stable:8080' },
      ...{ apiKey: 'k', recordKey: 'r', events: 100, timeoutMs: 180_000 },
    });
  });
});
