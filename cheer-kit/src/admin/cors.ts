import cors, { type CorsRequest } from 'cors';

/** What pages of other origins may do beside reading answers. */
export interface CorsAccess {
  readonly methods: readonly string[];
  /** Headers that they may send, beside those that every page may. */
  readonly allowedHeaders: readonly string[];
  /** Headers of answers that they may read, beside those that every page may. */
  readonly exposedHeaders: readonly string[];
  /** Preflights are passed on, so that they are answered, and counted, like any other request. */
  readonly preflightContinue?: boolean;
}

/** Works on plain `node:http` and in express. */
export type CorsHandler = (
  request: CorsRequest,
  response: { statusCode?: number; setHeader(name: string, value: string): unknown; end(): unknown },
  next: (error?: unknown) => void,
) => void;

/** With GET only, since changes are for the service's own page. */
const reading: CorsAccess = {
  methods: ['GET', 'HEAD'],
  allowedHeaders: ['Authorization', 'X-API-Key', 'Last-Event-ID'],
  exposedHeaders: ['Retry-After'],
};

/**
 * Lets pages of these origins, and of no others, use what it stands in front of (WHATWG Fetch, "HTTP CORS protocol"): to
 * read, unless `access` says otherwise. Cookies are not used here, so none are allowed; a key is sent as a header.
 *
 * @throws RangeError for what is no origin as browsers send it.
 */
export function allowOrigins(origins: readonly string[], access: CorsAccess = reading): CorsHandler {
  for (const origin of origins) {
    if (!isOrigin(origin)) {
      throw new RangeError(
        `${origin} is no origin: give scheme, host and port as browsers send them, such as https://grafana.example`,
      );
    }
  }
  return cors({
    origin: [...origins],
    methods: [...access.methods],
    allowedHeaders: [...access.allowedHeaders],
    exposedHeaders: [...access.exposedHeaders],
    preflightContinue: access.preflightContinue ?? false,
    maxAge: 600,
  });
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
