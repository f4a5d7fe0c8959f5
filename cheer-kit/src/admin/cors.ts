import cors from 'cors';
import type { RequestHandler } from 'express';

/**
 * Lets pages of these origins, and of no others, read answers (WHATWG Fetch, "HTTP CORS protocol"): with GET only, since
 * changes are for the service's own page. Cookies are not used here, so none are allowed; a key is sent as a header.
 *
 * @throws RangeError for what is no origin as browsers send it.
 */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  for (const origin of origins) {
    if (!isOrigin(origin)) {
      throw new RangeError(
        `${origin} is no origin: give scheme, host and port as browsers send them, such as https://grafana.example`,
      );
    }
  }
  return cors({
    origin: [...origins],
    methods: ['GET', 'HEAD'],
    allowedHeaders: ['Authorization', 'X-API-Key', 'Last-Event-ID'],
    exposedHeaders: ['Retry-After'],
    maxAge: 600,
  });
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
