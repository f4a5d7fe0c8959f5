import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { keyed, send } from '../../../cheer-kit/test/admin-server';
import { ExporterAdmin } from '../../test/helpers/exporter-admin';
import { fakeAdminView } from '../../test/helpers/fake-admin-view';

const exporter = new ExporterAdmin();
afterEach(() => exporter.close());

describe('API', () => {
  test('summary holds everything that the page draws, in snake_case', async () => {
    const url = await exporter.serve(fakeAdminView('yellow'));
    const response = await fetch(`${url}/api/v1/summary`);
    const body = await response.json();
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('etag')).toBeNull();
    expect(body).toMatchObject({
      service: 'exporter',
      sink: 'kafka',
      started_at: expect.stringMatching(/^\d{4}-.*Z$/),
      cheer: { state: 'yellow', score: 33, reasons: [{ code: 'age' }, { code: 'latency' }] },
      quarantined: 3,
      latest_sequence: 9,
      caller: { name: 'anonymous', roles: expect.arrayContaining(['operator']) },
    });
    expect(JSON.stringify(body)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  });

  test.each([
    ['green', 'normal'],
    ['degraded', 'degraded'],
    ['red', 'refusing'],
    ['draining', 'draining'],
  ] as const)('the summary of %s has the mode %s', async (scene, mode) => {
    const url = await exporter.serve(fakeAdminView(scene));
    expect(await (await fetch(`${url}/api/v1/summary`)).json()).toMatchObject({
      mode,
      mode_since: expect.stringMatching(/Z$/),
    });
  });

  test.each([
    ['cheer', { state: 'green', error_budget_remaining_ratio: 0.94, cheers_total: 18_204, misses_total: 11 }],
    [
      'slo',
      { slos: [{ name: 'ingest-availability', objective_ratio: 0.999, window_seconds: 3600 }, {}, {}] },
    ],
    ['pipeline', { stages: [{ name: 'ingest', latency: { p90_seconds: 0.0042 } }, {}, {}, {}] }],
    ['resources', { rss_bytes: 212_000_000, event_loop_lag_seconds: 0.0031 }],
    [
      'events?after=5',
      { latest_sequence: 7, events: [{ sequence: 6, kind: 'quarantine' }, { sequence: 7 }] },
    ],
  ])('GET /api/v1/%s', async (path, expected) => {
    const url = await exporter.serve(fakeAdminView());
    const response = await fetch(`${url}/api/v1/${path}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(expected);
  });

  test('what is not known is null', async () => {
    const url = await exporter.serve(fakeAdminView('warming', { resources: () => undefined }));
    expect(await (await fetch(`${url}/api/v1/summary`)).json()).toMatchObject({
      cheer: { score: null, conditions: expect.arrayContaining([expect.objectContaining({ figure: null })]) },
      slos: [{ good_ratio: null }, {}, {}],
      pipeline: { stages: [{ latency: null }, {}, {}, {}] },
      resources: { cpu_cores: null, disk_free_bytes: null },
    });
  });
});

test('the page needs no key, what it shows does', async () => {
  const url = await exporter.serve(fakeAdminView(), { authenticator: keyed });
  for (const path of ['/', '/assets/page.js', '/healthz', '/readyz']) {
    expect([path, (await send(url + path, 'GET')).status]).toEqual([path, 200]);
  }
  for (const path of ['/metrics', '/health', '/api/v1/summary', '/api/v1/quarantine']) {
    expect([path, (await send(url + path, 'GET')).status]).toEqual([path, 401]);
  }
});

test.each([
  ['POST', '/', 405],
  ['GET', '/assets/..%2f..%2fpackage.json', 404],
  ['GET', '/%zz', 404],
])('%s %s is %i', async (method, path, status) => {
  const url = await exporter.serve(fakeAdminView());
  expect((await send(url + path, method)).status).toBe(status);
  expect(exporter.faults).toEqual([]);
});

describe('the page', () => {
  test('is served whole: every asset that it names exists, with its type and tag', async () => {
    const url = await exporter.serve(fakeAdminView());
    const html = await (await fetch(url)).text();
    const script = await (await fetch(`${url}/assets/page.js`)).text();
    const named = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    const imported = [...script.matchAll(/from '\.\/([^']+)'/g)].map((match) => `/assets/${match[1]}`);
    const states = ['green', 'yellow', 'red', 'warming', 'disabled'].map(
      (name) => `/assets/icon-${name}.svg`,
    );
    expect(named.length).toBeGreaterThan(3);
    expect(imported.length).toBeGreaterThan(3);
    for (const path of [...named, ...imported, ...states]) {
      const response = await fetch(url + path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-type')).toMatch(
        /^(text\/css|text\/javascript|image\/svg\+xml); charset/,
      );
      const etag = response.headers.get('etag') ?? '';
      const again = await send(url + path, 'GET', { 'If-None-Match': etag });
      expect([path, again.status]).toEqual([path, 304]);
    }
    expect(html).not.toMatch(/<style|style=|<script>|onclick=/);
  });

  test('weighs less than 60 KiB compressed and never builds HTML from data', async () => {
    const url = await exporter.serve(fakeAdminView());
    const directory = `${__dirname}/../../page`;
    let weight = 0;
    for (const name of readdirSync(directory)) {
      const path = name === 'index.html' ? '/' : `/assets/${name}`;
      const { raw, headers } = await send(url + path, 'GET', { 'Accept-Encoding': 'gzip' });
      const body = gunzipSync(raw);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(body.equals(readFileSync(`${directory}/${name}`))).toBe(true);
      expect(body.toString()).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
      weight += raw.length;
    }
    expect(weight).toBeLessThan(60 * 1024);
  });
});
