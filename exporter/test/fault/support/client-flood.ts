import { Agent } from 'node:http';
import { type Reply, sendHttp } from './client-http';

export interface Flood {
  /** Requests by `status code`. */
  readonly answers: ReadonlyMap<string, number>;
  /** Events of answered requests, by what became of them. */
  readonly results: ReadonlyMap<string, number>;
}

export interface FloodOptions {
  readonly address: string;
  readonly connections: number;
  /** Events in all. */
  readonly count: number;
  readonly batch: number;
  /** JSON text of the event with this number, which need not be another than the one before. */
  readonly event: (n: number) => string;
}

/** Sends events as fast as the connections take them; what is refused is sent again at once. */
export async function flood({ address, connections, count, batch, event }: FloodOptions): Promise<Flood> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const answers = new Map<string, number>();
  const results = new Map<string, number>();
  const add = (of: Map<string, number>, name: string) => of.set(name, (of.get(name) ?? 0) + 1);
  const headers = { 'content-type': 'application/x-ndjson' };
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) {
      const lines: string[] = [];
      while (lines.length < batch && next < count) lines.push(event(next++));
      let reply: Reply;
      do {
        reply = await sendHttp(address, lines.join('\n'), headers, agent);
        add(answers, `${reply.status} ${reply.code}`.trim());
      } while (reply.status === 503);
      for (const [, status = ''] of reply.body.matchAll(/"status":"(\w+)"/g)) add(results, status);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, run));
  } finally {
    agent.destroy();
  }
  return { answers, results };
}
