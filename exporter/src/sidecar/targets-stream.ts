import { StreamClients, streamLimits } from '@selfcheer/cheer-kit';
import type { RequestHandler } from 'express';

/** Server-sent events `targets`, one at once and then one every `intervalMs`, each made once for all who follow. */
export class TargetsStream {
  readonly #clients: StreamClients;

  constructor(
    private readonly tell: () => unknown,
    intervalMs = streamLimits.intervalMs,
  ) {
    this.#clients = new StreamClients('This sidecar', { ...streamLimits, intervalMs }, () => this.#frame());
  }

  readonly handler: RequestHandler = (request, response) => {
    this.#clients.add(request, response, () => this.#frame());
  };

  /** Ends every stream; later requests get 503. */
  close(): void {
    this.#clients.close();
  }

  #frame(): string {
    return `event: targets\ndata: ${JSON.stringify(this.tell())}\n\n`;
  }
}
