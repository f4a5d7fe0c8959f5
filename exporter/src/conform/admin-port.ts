import { messageOf, SelfcheerError } from '../errors';
import { call, type Answer } from './http-call';
import { Scrape } from './scrape';

export const openMetricsType = 'application/openmetrics-text; version=1.0.0';

/** The admin port of the service that is checked. */
export class AdminPort {
  constructor(
    /** `http://host:port` */
    readonly url: string,
    private readonly apiKey: string | undefined,
    private readonly signal: AbortSignal,
  ) {}

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const key = this.apiKey === undefined ? {} : { authorization: `Bearer ${this.apiKey}` };
    return call(`${this.url}${path}`, { headers: { ...key, ...headers } }, this.signal);
  }

  /** Without credentials, as a probe asks. */
  probe(path: string): Promise<Answer> {
    return call(`${this.url}${path}`, {}, this.signal);
  }

  /** The JSON of a path; undefined when there is none. */
  async json(path: string): Promise<unknown> {
    const { status, text } = await this.get(path, { accept: 'application/json' });
    return status === 200 ? parsed(text) : undefined;
  }

  async scrape(accept = openMetricsType): Promise<Scrape> {
    const { status, text } = await this.get('/metrics', { accept });
    if (status !== 200) throw new SelfcheerError('no_metrics', `${this.url}/metrics answered ${status}`);
    return new Scrape(text);
  }
}

/** Whether `adminUrl` takes it. */
export function isAddress(text: string): boolean {
  return URL.canParse(withScheme(text));
}

/** `host:port` or a URL, as a URL without a path. An address to bind to is none to connect to. */
export function adminUrl(address: string): string {
  const url = new URL(withScheme(address));
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (url.hostname === '[::]') url.hostname = '[::1]';
  return url.origin;
}

function withScheme(address: string): string {
  return /^https?:\/\//.test(address) ? address : `http://${address}`;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A call's answer in one line. */
export async function told(answer: Promise<Answer>): Promise<string> {
  try {
    const { status, text } = await answer;
    return `${status} ${text.slice(0, 120).replace(/\s+/g, ' ')}`.trim();
  } catch (error) {
    return `no answer (${messageOf(error)})`;
  }
}
