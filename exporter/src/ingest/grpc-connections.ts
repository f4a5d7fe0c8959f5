import { channel } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Node tells every connection that a server of this process takes here; grpc-js has no limit of its own. */
const taken = channel('net.server.socket');

/** Closes what connects to this port while `limit` connections are open. Returns the end of it. */
export function limitConnections(port: number, limit: number): () => void {
  let open = 0;
  const onConnection = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket };
    if (socket.localPort !== port) return;
    // Its server has not seen it yet, and would trip over one that is closed already.
    if (open >= limit) setImmediate(() => socket.destroy());
    else {
      open++;
      socket.once('close', () => open--);
    }
  };
  taken.subscribe(onConnection);
  return () => taken.unsubscribe(onConnection);
}
