import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One alert in one notification. */
export interface Notice {
  /** The receiver of the route that it came by. */
  readonly receiver: string;
  /** Monotonic milliseconds at which it came. */
  readonly at: number;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Notification {
  readonly receiver: string;
  readonly alerts: readonly Omit<Notice, 'receiver' | 'at'>[];
}

/** Takes what Alertmanager sends to webhooks, on loopback. */
export class WebhookReceiver {
  /** All that came, oldest first: an alert is told of again with every notification of its group. */
  readonly notices: Notice[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer((request, response) => {
      text(request).then(
        (body) => {
          receiver.take(JSON.parse(body) as Notification);
          response.end();
        },
        () => response.writeHead(400).end(),
      );
    });
    const receiver = new WebhookReceiver(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  /** To be told to Alertmanager. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  private take({ receiver, alerts }: Notification): void {
    const at = performance.now();
    for (const { status, labels, annotations } of alerts) {
      this.notices.push({ receiver, at, status, labels, annotations });
    }
  }

  async dispose(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
