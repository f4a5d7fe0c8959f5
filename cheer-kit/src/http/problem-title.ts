import { STATUS_CODES } from 'node:http';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Credentials needed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  500: 'Internal error',
  502: 'Bad gateway',
  503: 'Unavailable',
  504: 'Gateway timeout',
};

/** The `title` of a problem (RFC 9457) that has no type of its own; undefined for a status that nobody has named. */
export function problemTitle(status: number): string | undefined {
  return titles[status] ?? STATUS_CODES[status];
}
