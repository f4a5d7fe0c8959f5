import { memberOf, textOf } from '../config/member';
import { messageOf } from '../errors';
import { version } from '../version';

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The parsed body; undefined when it is no JSON. */
  readonly body: unknown;
}

export interface HttpCall {
  readonly method?: 'GET' | 'POST';
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** An answer is never read further than this. */
const mostBytes = 16 * 1024 * 1024;

/**
 * One request to a service of others, over kept-alive connections. Follows no redirect: a key is for the address that
 * was named.
 *
 * @throws Error with the reason on one line when there is no whole answer in time
 */
export async function httpCall(
  url: string,
  { method = 'GET', json, headers, signal, timeoutMs }: HttpCall,
): Promise<HttpAnswer> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': `selfcheer-verify/${version}`,
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? null : JSON.stringify(json),
      redirect: 'error',
      signal: AbortSignal.any([signal, late]),
    });
    const text = await readText(response);
    return { status: response.status, text, body: parsed(text) };
  } catch (error) {
    if (late.aborted && !signal.aborted) {
      throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error });
    }
    throw new Error(reasonOf(error), { cause: error });
  }
}

/** The header for a key or a token, none without one. */
export function bearer(key: string | undefined): Readonly<Record<string, string>> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
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
