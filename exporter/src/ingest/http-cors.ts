import { allowOrigins, type CorsHandler } from '@selfcheer/cheer-kit';
import { readAttributes } from './cloud-event-headers';

/** Headers that mean something here, so that a page may send what any other producer may. */
const allowedHeaders = [
  'Content-Type',
  'Content-Encoding',
  'Authorization',
  'X-API-Key',
  'X-Request-Id',
  'Prefer',
  'Priority',
  'traceparent',
  'tracestate',
  'baggage',
  ...readAttributes.map((name) => `ce-${name}`),
];
const exposedHeaders = [
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-Request-Id',
  'Preference-Applied',
  'WWW-Authenticate',
];

/** Lets pages of these origins send events; undefined when there are none. Preflights are left to the caller to answer. */
export function ingestCors(origins: readonly string[]): CorsHandler | undefined {
  if (origins.length === 0) return undefined;
  return allowOrigins(origins, {
    methods: ['POST'],
    allowedHeaders,
    exposedHeaders,
    preflightContinue: true,
  });
}
