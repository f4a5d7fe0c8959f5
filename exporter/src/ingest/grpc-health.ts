import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { serviceNames } from './grpc-schema';
import type { OpenStreams } from './grpc-open-streams';

/** `grpc.health.v1` for the server as a whole (the empty name) and for each service by name. */
export class GrpcHealth {
  readonly #health = new HealthImplementation();

  constructor() {
    this.set(false);
  }

  set(ready: boolean): void {
    for (const name of ['', ...serviceNames]) this.#health.setStatus(name, ready ? 'SERVING' : 'NOT_SERVING');
  }

  /** Watches never end by themselves and would hold up a drain until its deadline: they go into `open`. */
  addTo(server: Server, open: OpenStreams): void {
    this.#health.addToServer({
      addService: (
        service: Parameters<Server['addService']>[0],
        handlers: Parameters<Server['addService']>[1],
      ) => {
        const watch = handlers['watch'] as (call: ServerWritableStream<unknown, unknown>) => void;
        server.addService(service, {
          ...handlers,
          watch: (call: ServerWritableStream<unknown, unknown>) => {
            watch(call);
            const stream = { drain: () => call.end() };
            open.add(stream);
            call.on('close', () => open.delete(stream));
          },
        });
      },
    });
  }
}
