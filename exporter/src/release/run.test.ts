import { startJudgedService, type JudgedService, type Misbehaviour } from '../../test/helpers/judged-service';
import { runVerify, type VerifyOptions } from './run';
import { verifyDocument, type VerifyDocument } from './verify-document';

jest.setTimeout(60_000);

const pace = { paceMs: 0, readyMs: 600, stillReadyMs: 600, idleMs: 300, scrapedMs: 100 };
const services: JudgedService[] = [];

async function start(faults: Misbehaviour): Promise<JudgedService> {
  const service = await startJudgedService(faults);
  services.push(service);
  return service;
}

const both = (url: string) => ({ admin: url, ingest: url });

async function verified(
  faults: Misbehaviour,
  options: Partial<VerifyOptions> & { readonly stable?: Misbehaviour } = {},
): Promise<{
  document: VerifyDocument;
  canary: JudgedService;
  stable: JudgedService;
  of: (gate: string) => string;
}> {
  const { stable: stableFaults = {}, ...more } = options;
  const canary = await start(faults);
  const stable = await start({ version: '1.9.0', track: 'stable', ...stableFaults });
  const document = await runVerify({
    ...{ release: '2.0.0', target: both(canary.url), baseline: both(stable.url), events: 25, pace },
    ...{ apiKey: 'secret', timeoutMs: 60_000, signal: new AbortController().signal, ...more },
  });
  expect(verifyDocument.safeParse(document).error).toBeUndefined();
  const of = (name: string): string =>
    document.gates.find((gate) => gate.name === name)?.verdict ?? 'not there';
  return { document, canary, stable, of };
}

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

describe('a run of the release gate', () => {
  it('passes a good release, and says of what it is', async () => {
    const { document } = await verified({});
    expect(document).toMatchObject({
      ...{ verdict: 'pass', service: 'shop', release: '2.0.0', previous: '1.9.0' },
      flags: [{ flag: 'fast', variant: 'on', value: true }],
    });
    expect(document.gates.map(({ verdict }) => verdict)).toEqual(Array(6).fill('pass'));
  });

  it('sends to both in turn, marked as synthetic, each id once, after warm-up events that are not judged', async () => {
    const { document, canary, stable } = await verified({});
    const judged = (service: JudgedService) =>
      service.seen.filter(({ id }) => id.startsWith(`${document.run}/`));
    for (const service of [canary, stable]) {
      expect(service.seen).toHaveLength(16 + 25);
      expect(judged(service)).toHaveLength(25);
      expect(service.seen.slice(0, 16).every(({ id }) => id.startsWith(`${document.run}.warm-up/`))).toBe(
        true,
      );
      expect(
        service.seen.every(
          ({ headers }) =>
            headers['baggage'] === 'selfcheer.synthetic=true' && headers['authorization'] === 'Bearer secret',
        ),
      ).toBe(true);
    }
    const ids = [...judged(canary), ...judged(stable)].map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(Array.from({ length: 50 }, (_, n) => `${document.run}/${n + 1}`)));
    expect(document.run).toMatch(/^[A-Za-z0-9._-]{1,50}$/);
  });

  it('fails one that answers with errors, without a second round', async () => {
    const { document, of, canary } = await verified({ errorEvery: 2 });
    expect(of('accepted')).toBe('fail');
    expect(document.verdict).toBe('fail');
    expect(canary.seen.length).toBeLessThanOrEqual(16 + 30);
    expect(document.gates[1]?.detail).toContain('500 internal');
  });

  it('fails one that fails few events, after a second round', async () => {
    const { of, canary } = await verified({ errorEvery: 20 });
    expect(canary.seen).toHaveLength(16 + 50);
    expect(of('accepted')).toBe('fail');
  });

  it('fails one that publishes nothing', async () => {
    const { document, of } = await verified({ silent: true });
    expect([document.verdict, of('published'), of('accepted')]).toEqual(['fail', 'fail', 'pass']);
  });

  it('fails one that drops its cheers, after it saw so twice', async () => {
    const { document, of, canary } = await verified({ dropsCheers: true });
    expect([document.verdict, of('cheer'), of('published')]).toEqual(['fail', 'fail', 'pass']);
    expect(canary.seen).toHaveLength(16 + 50);
  });

  it('passes one whose cheers were away for a round only', async () => {
    const { document } = await verified({ missesFirst: 16 + 25 });
    expect(document.verdict).toBe('pass');
    expect(document.gates[3]?.detail).toContain('In a second round.');
  });

  it('is inconclusive where the baseline has the same trouble', async () => {
    const { document, of } = await verified({ silent: true }, { stable: { silent: true } });
    expect([document.verdict, of('published')]).toEqual(['inconclusive', 'inconclusive']);
  });

  it.each(['metrics', 'synthetic', 'summary'] as const)('is inconclusive without %s', async (part) => {
    const { document } = await verified({ without: [part] });
    expect(document.verdict).toBe('inconclusive');
  });

  it('is inconclusive when the baseline is the release under another name', async () => {
    const canary = await start({});
    const document = await runVerify({
      ...{ release: '2.0.0', target: both(canary.url), events: 25, pace, apiKey: undefined },
      baseline: both(canary.url.replace('127.0.0.1', 'localhost')),
      ...{ timeoutMs: 60_000, signal: new AbortController().signal },
    });
    expect([document.verdict, document.gates[0]?.verdict]).toEqual(['inconclusive', 'inconclusive']);
  });

  it('tells a restart by the clock of the release, whatever its own says', async () => {
    const hour = 3_600_000;
    for (const skewMs of [-hour, hour]) {
      const { of, document } = await verified({ skewMs, restartsAfter: 30 });
      expect([of('readiness'), document.verdict]).toEqual(['fail', 'fail']);
      const several = await verified({ skewMs, severalProcesses: true });
      expect(several.of('readiness')).toBe('inconclusive');
    }
  });

  it('leaves out names that a document has no room for', async () => {
    const { document } = await verified({ version: '2'.repeat(500), service: '' });
    expect([document.verdict, document.service]).toEqual(['inconclusive', 'shop']);
  });

  it('is inconclusive when another version answers', async () => {
    const { document, of } = await verified({ version: '1.9.0' });
    expect([document.verdict, of('readiness')]).toEqual(['inconclusive', 'inconclusive']);
  });

  it('fails one that does not become ready, and sends it nothing', async () => {
    const { document, of, canary } = await verified({ readyStatus: 503 });
    expect([document.verdict, of('readiness')]).toEqual(['fail', 'fail']);
    expect(canary.seen).toEqual([]);
  });

  it('is inconclusive when nothing answers, and when the baseline does not', async () => {
    const gone = await start({});
    await gone.close();
    const { document } = await verified({}, { target: both(gone.url) });
    expect(document.verdict).toBe('inconclusive');
    const { document: alone } = await verified({}, { baseline: both(gone.url) });
    expect(alone.verdict).toBe('inconclusive');
  });

  it('passes without a baseline that nobody named', async () => {
    const canary = await start({});
    const document = await runVerify({
      ...{ release: 'v2.0.0', target: both(canary.url), events: 25, pace, apiKey: undefined },
      ...{ timeoutMs: 60_000, signal: new AbortController().signal },
    });
    expect([document.verdict, document.baseline, document.previous]).toEqual(['pass', null, null]);
  });

  it('judges nothing when it is interrupted', async () => {
    const stop = new AbortController();
    const onProgress: VerifyOptions['onProgress'] = ({ what, done }) => {
      if (what === 'sending' && done === 3) stop.abort();
    };
    await expect(verified({}, { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });
});
