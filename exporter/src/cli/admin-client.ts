import { messageOf, SelfcheerError, UsageError } from '../errors';
import { memberOf, textOf } from '../config/member';
import { version } from '../version';

const timeoutMs = 10_000;
const isItAdmin = 'Is --admin the admin address? The start line has it as "admin".';

/** Talks to the admin API of a running exporter. */
export class AdminClient {
  readonly #base: string;
  readonly #apiKey: string | undefined;
  readonly #signal: AbortSignal;

  /** @param address URL, or `host:port` as the configuration has it. */
  constructor(address: string, apiKey: string | undefined, signal: AbortSignal) {
    this.#base = baseUrl(address);
    this.#apiKey = apiKey;
    this.#signal = signal;
  }

  get(path: string): Promise<unknown> {
    return this.#call('GET', path);
  }

  /** @param withinMs how long the answer may take. */
  post(path: string, withinMs = timeoutMs): Promise<unknown> {
    return this.#call('POST', path, withinMs);
  }

  async #call(method: 'GET' | 'POST', path: string, withinMs = timeoutMs): Promise<unknown> {
    const headers = {
      accept: 'application/json',
      'user-agent': `selfcheer-cli/${version}`,
      ...(method === 'POST' && { 'content-type': 'application/json' }),
      ...(this.#apiKey !== undefined && { authorization: `Bearer ${this.#apiKey}` }),
    };
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(withinMs)]);
    const body = method === 'POST' ? '{}' : null;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#base}${path}`, { method, headers, signal, body, redirect: 'error' });
      text = await response.text();
    } catch (error) {
      const cause = memberOf(error, 'cause') ?? error;
      // The parser's error has a code from Node 20's client and only a name from Node 24's.
      if (/^HPE_/.test(textOf(cause, 'code') ?? '') || textOf(cause, 'name') === 'HTTPParserError') {
        const text = `What answers at ${this.#base} does not speak HTTP/1.1. ${isItAdmin}`;
        throw new SelfcheerError('admin_api', text, { cause: error });
      }
      const why = messageOf(cause);
      const message = `The exporter does not answer at ${this.#base} (${why}). Is it running? Name its address with --admin.`;
      throw new SelfcheerError('unreachable', message, { retriable: true, cause: error });
    }
    const parsed = parseJson(text);
    if (response.ok && parsed !== undefined) return parsed;
    const why = textOf(parsed, 'detail') ?? `${this.#base} answered ${response.status} to ${method} ${path}.`;
    const { status } = response;
    const code = textOf(parsed, 'code') ?? 'admin_api';
    const hint =
      status === 401 || status === 403
        ? ' Give a key: --api-key, or SELFCHEER_API_KEY.'
        : response.ok || (status === 404 && code !== 'not_in_quarantine')
          ? ` ${isItAdmin}`
          : '';
    throw new SelfcheerError(code, `${hint === '' ? why : why.replace(/\.?$/, '.')}${hint}`);
  }
}

function baseUrl(address: string): string {
  const url = /^https?:\/\//.test(address) ? address : `http://${address}`;
  if (!URL.canParse(url))
    throw new UsageError(`--admin ${address} is not an address such as http://127.0.0.1:9464`);
  const { protocol, hostname, port, origin } = new URL(url);
  if (port === '0') {
    throw new UsageError(
      'The admin port is 0 in the configuration; name the one of the start line with --admin.',
    );
  }
  // An address to bind to is none to connect to.
  if (hostname === '0.0.0.0') return `${protocol}//127.0.0.1:${port}`;
  return hostname === '[::]' ? `${protocol}//[::1]:${port}` : origin;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
