import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers a value as JSON. */
export function json(value: unknown): Answer {
  return (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };
}

/** Answers a status with a short text and these headers. */
export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => response.writeHead(code, headers).end('as told');
}

/** Closes the connection in the middle of things. */
export const reset: Answer = (_request, response) => void response.socket?.resetAndDestroy();

/** An HTTP service on loopback whose answers, and whose faults, are chosen by the test. */
export class HttpDownstream {
  /** Path and query of every request that came. */
  readonly asked: string[] = [];
  /** Requests at the same time, at the most. */
  most = 0;
  answer: Answer = json({ known: true });
  private underWay = 0;

  private constructor(private readonly server: Server) {}

  static async start(port = 0): Promise<HttpDownstream> {
    const server = createServer();
    const downstream = new HttpDownstream(server);
    server.on('request', (request, response) => {
      downstream.asked.push(request.url ?? '');
      downstream.underWay += 1;
      downstream.most = Math.max(downstream.most, downstream.underWay);
      response.on('close', () => (downstream.underWay -= 1));
      downstream.answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return downstream;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** `http://host:port`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Takes no connection any more and ends those that there are. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const stopped = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await stopped;
  }
}
