import { serve } from '../../test/helpers/judged-service';
import { verifyDocumentOf } from '../../test/helpers/verify-documents';
import { flagAnnotation, GrafanaAnnotations, releaseAnnotation, type Annotation } from './annotations';

interface Grafana {
  readonly url: string;
  readonly got: {
    readonly path: string | undefined;
    readonly token: string | undefined;
    readonly body: unknown;
  }[];
}

const open: { close(): Promise<void> }[] = [];

/** Answers with these, one after the other, then with the last. */
async function grafana(...statuses: readonly number[]): Promise<Grafana> {
  const got: Grafana['got'] = [];
  const server = await serve((request, body) => {
    const status = statuses[Math.min(got.length, statuses.length - 1)] ?? 200;
    got.push({ path: request.url, token: request.headers.authorization, body: JSON.parse(body) });
    return [status, { id: got.length }];
  });
  open.push(server);
  return { url: server.url, got };
}

function writer(url: string): { readonly annotations: GrafanaAnnotations; readonly troubles: string[] } {
  const troubles: string[] = [];
  const onTrouble = (why: string): unknown => troubles.push(why);
  return { annotations: new GrafanaAnnotations({ url, token: 't0', onTrouble, retryAfterMs: 1 }), troubles };
}

const point: Annotation = { time: 5, tags: ['selfcheer'], text: 'hello' };

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('annotations', () => {
  it('are posted with the token, below the sub-path of Grafana', async () => {
    const { url, got } = await grafana(200);
    const { annotations, troubles } = writer(`${url}/grafana/`);
    expect(await annotations.add(point)).toBe(true);
    expect(got).toEqual([{ path: '/grafana/api/annotations', token: 'Bearer t0', body: point }]);
    expect(troubles).toEqual([]);
  });

  it('are tried twice when Grafana is in trouble, and never a third time', async () => {
    const mended = await grafana(502, 200);
    expect(await writer(mended.url).annotations.add(point)).toBe(true);
    const broken = await grafana(502);
    const { annotations, troubles } = writer(broken.url);
    expect(await annotations.add(point)).toBe(false);
    expect([mended.got.length, broken.got.length]).toEqual([2, 2]);
    expect(troubles).toEqual([expect.stringContaining('answered 502')]);
  });

  it('are not tried again when Grafana does not want them', async () => {
    const { url, got } = await grafana(403);
    const { annotations, troubles } = writer(url);
    expect(await annotations.add(point)).toBe(false);
    expect(got).toHaveLength(1);
    expect(troubles[0]).toContain('GRAFANA_TOKEN');
  });

  it('keep their order, and reject nothing when nobody is there', async () => {
    const { url, got } = await grafana(200);
    const { annotations } = writer(url);
    await Promise.all([1, 2, 3].map((time) => annotations.add({ ...point, time })));
    expect(got.map(({ body }) => (body as Annotation).time)).toEqual([1, 2, 3]);
    const gone = await serve(() => [200, {}]);
    await gone.close();
    expect(await writer(gone.url).annotations.add(point)).toBe(false);
  });

  it('wait in a queue with an end', async () => {
    const { url, got } = await grafana(200);
    const { annotations, troubles } = writer(url);
    const written = await Promise.all(Array.from({ length: 120 }, () => annotations.add(point)));
    expect(written.filter(Boolean)).toHaveLength(100);
    expect([got.length, troubles.length]).toEqual([100, 20]);
    await annotations.settled();
    expect(await annotations.add(point)).toBe(true);
  });
});

describe('an annotation', () => {
  it('of a release is a region with what did not pass, and no HTML of others', () => {
    expect(releaseAnnotation(verifyDocumentOf({ previous: '<b>1' }))).toEqual({
      time: Date.parse('2026-11-22T01:00:00.000Z'),
      timeEnd: Date.parse('2026-11-22T01:00:12.500Z'),
      tags: ['selfcheer', 'release', 'shop', 'fail'],
      text:
        'Release 2.0.0 of shop: fail, after &lt;b&gt;1 (run verify-1)<br>' +
        'published: fail. 3 of 9 | &lt;published&gt;',
    });
  });

  it('of a flag is a point', () => {
    const change = { at: 7, service: 'shop', title: 'Flag a is on', detail: 'on (true); was off (false)' };
    expect(flagAnnotation(change)).toEqual({
      ...{ time: 7, tags: ['selfcheer', 'flag', 'shop'] },
      text: 'shop: Flag a is on. on (true); was off (false)',
    });
  });
});
