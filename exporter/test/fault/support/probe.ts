import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Probed {
  /** When the answer was there; `performance.now()`. */
  readonly at: number;
  /** The status, or the code of the error. */
  readonly outcome: string;
}

export interface ProbeWatch {
  readonly seen: readonly Probed[];
  stop(): Promise<void>;
}

/** Asks every 10 ms, each time over a connection of its own, as a balancer does; with a body it posts JSON. */
export function watchProbe(url: string, body?: () => string): ProbeWatch {
  const seen: Probed[] = [];
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      const outcome = await ask(url, body?.());
      seen.push({ at: performance.now(), outcome });
      await sleep(10);
    }
  })();
  return {
    seen,
    async stop() {
      stopped = true;
      await watching;
    },
  };
}

function ask(url: string, body: string | undefined): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(url, {
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
      timeout: 10_000,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    sent.on('response', (response) => {
      response.resume();
      response.on('error', () => resolve('cut answer'));
      response.on('end', () => resolve(String(response.statusCode)));
    });
    sent.end(body);
  });
}
