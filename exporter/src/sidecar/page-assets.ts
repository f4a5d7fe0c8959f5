import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { methodNotAllowed } from '@selfcheer/cheer-kit';
import type { RequestHandler } from 'express';

/** The same place seen from src/sidecar and from dist/sidecar. */
const pageDirectory = join(__dirname, '../../page');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly zipped: Buffer;
}

/** Reads the page's files once: `/` is index.html, the others are `/assets/<name>`. Throws when they are missing. */
export function loadPageAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(pageDirectory)) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const body = readFileSync(join(pageDirectory, name));
    // Weak, because one tag stands for the plain and the compressed form (RFC 9110, section 8.8.3.3).
    const etag = `W/"${hash('sha256', body, 'hex').slice(0, 32)}"`;
    assets.set(name === 'index.html' ? '/' : `/assets/${name}`, { type, etag, body, zipped: gzipSync(body) });
  }
  return assets;
}

/** Serves the page from memory; browsers keep the files but ask for the tag each time. */
export function servePage(assets: ReadonlyMap<string, Asset>): RequestHandler {
  return (request, response, next) => {
    const asset = assets.get(request.path);
    if (!asset) {
      next();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(request.method, 'GET');
    response.set({
      'Content-Type': asset.type,
      ETag: asset.etag,
      'Cache-Control': 'no-cache',
      Vary: 'Accept-Encoding',
    });
    if (request.acceptsEncodings('gzip')) response.set('Content-Encoding', 'gzip').send(asset.zipped);
    else response.send(asset.body);
  };
}
