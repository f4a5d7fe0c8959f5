import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedEvent {
  readonly event_id: string;
  readonly payload: unknown;
  readonly [member: string]: unknown;
}

/** What to do with one request; `take` answers as ingest does. */
export type Reaction =
  | 'take'
  | 'reset'
  /** Takes the events but loses the answer. */
  | 'take-and-reset'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown };

export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly lines: readonly string[];
}

/** An ingest endpoint of a few lines: dedupes by event_id and rejects what the test says. */
export class FakeIngest {
  /** Requests as they came, whatever was answered. */
  readonly requests: ReceivedRequest[] = [];
  /** Events that were accepted, in order. */
  readonly accepted: ReceivedEvent[] = [];
  react: (request: ReceivedRequest, index: number) => Reaction | Promise<Reaction> = () => 'take';
  rejects: (event: ReceivedEvent) => boolean = () => false;
  readonly #ids = new Set<string>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
        const received = { headers: request.headers, lines };
        const index = this.requests.push(received) - 1;
        void Promise.resolve(this.react(received, index)).then((reaction) =>
          this.#answer(received, reaction, response),
        );
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ lines }: ReceivedRequest, reaction: Reaction, response: ServerResponse): void {
    if (reaction === 'reset') {
      response.destroy();
    } else if (typeof reaction === 'object') {
      response.writeHead(reaction.status, { 'content-type': 'application/json', ...reaction.headers });
      response.end(JSON.stringify(reaction.body ?? {}));
    } else {
      const body = this.#take(lines);
      if (reaction === 'take-and-reset') response.destroy();
      else response.writeHead(body.rejected > 0 ? 207 : 202).end(JSON.stringify(body));
    }
  }

  #take(lines: readonly string[]): {
    accepted: number;
    duplicates: number;
    rejected: number;
    results: object[];
  } {
    const body = { accepted: 0, duplicates: 0, rejected: 0, results: [] as object[] };
    lines.forEach((text, index) => {
      const event = JSON.parse(text) as ReceivedEvent;
      if (this.rejects(event)) {
        body.rejected += 1;
        const error = { code: 'invalid_source', detail: 'The source is not usable', line: index + 1 };
        body.results.push({ event_id: event.event_id, status: 'rejected', error });
      } else if (this.#ids.has(event.event_id)) {
        body.duplicates += 1;
      } else {
        body.accepted += 1;
        this.#ids.add(event.event_id);
        this.accepted.push(event);
      }
    });
    return body;
  }
}
