import { KitError } from '../resilience/errors';

/** Where a Consul agent is, and what it asks for. */
export interface ConsulAgent {
  /** Its HTTP API, for example `http://127.0.0.1:8500`. */
  readonly address: string;
  /** ACL token. */
  readonly token?: string | undefined;
}

/** An agent answered with something else than success. 500 is also said while there is no leader. `consul_refused` */
export class ConsulError extends KitError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super('consul_refused', message, { retriable: status === 429 || status >= 500 });
  }
}

/** A list of thousands of instances is smaller. Bytes. */
const longestAnswer = 8 * 2 ** 20;

/** What an agent answered, read whole. */
export interface ConsulAnswer {
  readonly headers: Headers;
  readonly text: string;
}

/**
 * One request to an agent's HTTP API. Rejects with a ConsulError when it answers with an error, with fetch's own when
 * it doesn't answer, and with the signal's reason.
 */
export async function askAgent(
  agent: ConsulAgent,
  method: 'GET' | 'PUT',
  path: string,
  signal: AbortSignal,
  body?: unknown,
): Promise<ConsulAnswer> {
  const answer = await fetch(new URL(path, agent.address), {
    method,
    signal,
    // Followed, a redirect would take the token to whoever it names.
    redirect: 'manual',
    headers: {
      ...(agent.token !== undefined && { 'x-consul-token': agent.token }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // Read even where nothing is expected: an answer that is left unread keeps its connection.
  const text = await readText(answer);
  if (answer.ok) return { headers: answer.headers, text };
  const said = text.trim().slice(0, 200);
  throw new ConsulError(
    answer.status,
    `Consul answered ${answer.status} to ${method} ${path.replace(/\?.*/, '')}${said && `: ${said}`}`,
  );
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > longestAnswer) {
      throw new ConsulError(answer.status, `Consul answered with more than ${longestAnswer} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
