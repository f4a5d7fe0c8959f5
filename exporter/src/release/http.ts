import dns from 'node:dns/promises';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { memberOf, textOf } from '../config/member';
import { messageOf } from '../errors';
import { version } from '../version';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The parsed body; undefined when it is no JSON. */
  readonly body: unknown;
  /** Epoch seconds by the clock of who answered; undefined when it does not say. */
  readonly answeredAt: number | undefined;
}

export interface HttpCall {
  readonly method?: 'GET' | 'POST';
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Goes there, whatever addresses the name has. The name stays in the header Host, by which a mesh knows who is meant. */
  readonly at?: Place | undefined;
}

/** One process, where a name leads to several; its connections are kept apart from those of others by that name. */
export interface Place {
  readonly lookup: NonNullable<RequestOptions['lookup']>;
  readonly agents: Agents;
}

interface Agents {
  readonly 'http:': http.Agent;
  readonly 'https:': https.Agent;
}

/** An answer is never read further than this. */
const mostBytes = 16 * 1024 * 1024;

const newAgents = (): Agents => ({
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
});
const agents = newAgents();

/**
 * One of the addresses of a host: of a headless Service of Kubernetes, one of its pods. Undefined when it has one only,
 * or none yet: then the name will do.
 */
export async function oneOf(host: string): Promise<Place | undefined> {
  const all = await dns.lookup(host, { all: true }).catch(() => []);
  const [first, ...others] = all.filter(({ family }) => family === all[0]?.family);
  if (!first || others.length === 0) return undefined;
  return {
    lookup: (_host, options, done) =>
      options.all ? done(null, [first]) : done(null, first.address, first.family),
    agents: newAgents(),
  };
}

/**
 * One request to a service of others, over kept-alive connections. Follows no redirect: a key is for the address that
 * was named.
 *
 * @throws Error with the reason on one line when there is no whole answer in time
 */
export async function httpCall(url: string, call: HttpCall): Promise<HttpAnswer> {
  const { method = 'GET', json, headers, signal, timeoutMs, at } = call;
  const late = AbortSignal.timeout(timeoutMs);
  const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  try {
    const response = await answerOf(new URL(url), body, at?.agents ?? agents, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': `selfcheer-verify/${version}`,
        ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
        ...headers,
      },
      signal: AbortSignal.any([signal, late]),
      ...(at && { lookup: at.lookup }),
    });
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400) {
      response.destroy();
      throw new Error(`it sends elsewhere (${status})`);
    }
    const text = await readText(response);
    const answeredAt = Date.parse(response.headers.date ?? '') / 1000;
    return {
      ...{ status, text, body: parsed(text) },
      answeredAt: Number.isNaN(answeredAt) ? undefined : answeredAt,
    };
  } catch (error) {
    if (late.aborted && !signal.aborted) {
      throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error });
    }
    throw new Error(reasonOf(error), { cause: error });
  }
}

function answerOf(
  url: URL,
  body: Buffer | undefined,
  by: Agents,
  options: RequestOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const agent = by[secure ? 'https:' : 'http:'];
    const request = (secure ? https : http).request(url, { agent, ...options });
    request.on('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The other side closed an idle connection while this went out on it. Every call here may be made twice: an event
      // has its id, and a record its run.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(answerOf(url, body, by, options));
      else reject(error);
    });
    request.end(body);
  });
}

/** The header for a key or a token, none without one. */
export function bearer(key: string | undefined): Readonly<Record<string, string>> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > mostBytes) throw new Error(`an answer of more than ${mostBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch says "fetch failed" and has the reason inside; one name with several addresses has several reasons. */
function reasonOf(error: unknown): string {
  const cause = memberOf(error, 'cause') ?? error;
  const all = memberOf(cause, 'errors');
  const first: unknown = Array.isArray(all) ? all[0] : cause;
  return messageOf(textOf(first, 'message') ?? first) || 'the call failed without a reason';
}

/** True when the error of a call says that no connection was made: nothing listens there, or nobody has the name. */
export function noConnection(error: unknown): boolean {
  const thrown = memberOf(error, 'cause');
  const cause = memberOf(thrown, 'cause') ?? thrown;
  const all = memberOf(cause, 'errors');
  const code = textOf(cause, 'code') ?? textOf(Array.isArray(all) ? all[0] : undefined, 'code');
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code ?? '');
}
