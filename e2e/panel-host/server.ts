import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { VersionSet } from './version-set';

/** What a page asks the server for by name; undefined answers 404. */
export interface Contents {
  dashboardNames(): Promise<string[]> | string[];
  dashboard(name: string): Promise<string | undefined> | string | undefined;
  fixture(name: string): string | undefined;
}

export interface ServerOptions {
  readonly set: VersionSet;
  /** The built page. */
  readonly page: string;
  /** Plugins' ids and their built folders. */
  readonly plugins: Readonly<Record<string, string>>;
  /** Base URL of a Prometheus. */
  readonly prometheus?: string;
  /** `Scrape interval` of the Prometheus data source's settings. */
  readonly scrapeSeconds: number;
  readonly contents: Contents;
}

type Answer = http.ServerResponse;

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** An icon that the packages do not ship must not be a failed request: they ask for some that only Grafana has. */
const noIcon = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>';

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function send(answer: Answer, status: number, type: string, body: string): void {
  answer.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' });
  answer.end(body);
}

function sendJson(answer: Answer, body: string | undefined): void {
  if (body === undefined) send(answer, 404, 'application/json', '{"message":"not found"}');
  else send(answer, 200, 'application/json', body);
}

/** The document that every dashboard is drawn in, with what Grafana's server writes into its own. */
function document({ set, scrapeSeconds }: ServerOptions): string {
  const user = { timezone: 'utc', weekStart: 'monday', locale: 'en-US', permissions: {}, orgRole: 'Admin' };
  const settings = {
    buildInfo: { version: set.grafanaVersion },
    featureToggles: {},
    panels: {},
    datasources: {},
  };
  const boot = JSON.stringify({ settings, user, navTree: [] });
  return `<!doctype html>
<html lang="en" data-scrape-seconds="${scrapeSeconds}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Panel host</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page/main.css">
<style>
@font-face { font-family: Inter; font-weight: 400; src: url(/public/fonts/inter/Inter-Regular.woff2) format('woff2'); }
@font-face { font-family: Inter; font-weight: 500 700; src: url(/public/fonts/inter/Inter-Medium.woff2) format('woff2'); }
.host { display: flex; min-height: 100vh; padding: 16px; }
</style>
</head>
<body>
<div id="root"></div>
<script>
window.grafanaBootData = ${boot};
window.__grafana_public_path__ = '/public/';
window.public_cdn_path = '/public/build/';
</script>
<script src="/systemjs/system.min.js"></script>
<script src="/systemjs/extras/amd.min.js"></script>
<script type="module" src="/page/main.js"></script>
</body>
</html>`;
}

function list(names: readonly string[], { set }: ServerOptions): string {
  const item = (name: string): string => {
    const address = escapeHtml(`/dashboards/${encodeURIComponent(name)}`);
    return `<li>${escapeHtml(name)} <a href="${address}?theme=dark">dark</a> <a href="${address}?theme=light">light</a></li>`;
  };
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Panel host</title>
<h1>Panel host: Grafana ${set.grafanaVersion}</h1><ul>${names.map(item).join('')}</ul></html>`;
}

async function sendFile(answer: Answer, file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) {
    if (/\/img\/icons\/.*\.svg$/.test(file)) return send(answer, 200, 'image/svg+xml', noIcon);
    return send(answer, 404, 'text/plain', 'not found');
  }
  const type = types[path.extname(file)] ?? 'application/octet-stream';
  answer.writeHead(200, { 'content-type': type, 'content-length': found.size, 'cache-control': 'no-store' });
  await pipeline(createReadStream(file), answer);
}

/** Hands a question on to Prometheus. */
async function askPrometheus(base: string | undefined, where: string, answer: Answer): Promise<void> {
  const failed = (why: string): void =>
    send(
      answer,
      502,
      'application/json',
      JSON.stringify({ status: 'error', errorType: 'proxy', error: why }),
    );
  if (base === undefined) return failed('the panel host was started without a Prometheus');
  try {
    const response = await fetch(base + where, { signal: AbortSignal.timeout(30_000) });
    send(answer, response.status, 'application/json', await response.text());
  } catch (error) {
    failed(String(error));
  }
}

/** Serves the page, the plugins, the dashboards and, under /prom, a Prometheus. Not listening yet. */
export function createPanelServer(options: ServerOptions): http.Server {
  const { set, page, plugins, prometheus, contents } = options;
  const packages = path.join(set.folder, 'node_modules');
  const images = path.join(packages, '@grafana/ui/dist/public/img');
  const fonts = path.join(packages, '@fontsource/inter/files');
  const folders: ReadonlyArray<readonly [prefix: string, folder: string]> = [
    ['/page/', page],
    ['/systemjs/', path.join(packages, 'systemjs/dist')],
    ['/public/build/img/', images],
    ['/public/img/', images],
    ...Object.entries(plugins).map(([id, folder]) => [`/public/plugins/${id}/`, folder] as const),
  ];
  const files: Readonly<Record<string, string>> = {
    '/public/fonts/inter/Inter-Regular.woff2': path.join(fonts, 'inter-latin-400-normal.woff2'),
    '/public/fonts/inter/Inter-Medium.woff2': path.join(fonts, 'inter-latin-500-normal.woff2'),
  };

  async function handle(request: http.IncomingMessage, answer: Answer): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', 'http://host');
    const after = (prefix: string): string | undefined =>
      pathname.startsWith(prefix) ? decodeURIComponent(pathname.slice(prefix.length)) : undefined;
    if (pathname === '/')
      return send(answer, 200, 'text/html', list(await contents.dashboardNames(), options));
    if (after('/dashboards/')) return send(answer, 200, 'text/html', document(options));
    const dashboard = after('/api/dashboards/');
    if (dashboard) return sendJson(answer, await contents.dashboard(dashboard));
    const fixture = after('/api/fixtures/');
    if (fixture) return sendJson(answer, contents.fixture(fixture));
    if (pathname === '/api/plugins') return sendJson(answer, JSON.stringify(Object.keys(plugins)));
    if (pathname.startsWith('/prom/')) return askPrometheus(prometheus, pathname.slice(5) + search, answer);
    const whole = files[pathname];
    if (whole) return sendFile(answer, whole);
    for (const [prefix, folder] of folders) {
      const rest = after(prefix);
      // Normalized as an absolute path it can't leave the folder.
      if (rest) return sendFile(answer, path.join(folder, path.normalize(`/${rest}`)));
    }
    send(answer, 404, 'text/plain', 'not found');
  }

  return http.createServer((request, answer) => {
    handle(request, answer).catch((error: unknown) => {
      if (answer.headersSent) answer.destroy();
      else send(answer, 500, 'text/plain', String(error));
    });
  });
}
