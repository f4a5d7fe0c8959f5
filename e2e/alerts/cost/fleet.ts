import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExporterProcess } from '../../helpers/exporter-process';

export const slos = ['ingest-availability', 'ingest-latency', 'delivery'];

/** Of every service of the fleet the metrics of one real exporter, at one target. */
export interface Fleet {
  /** `host:port`. */
  readonly address: string;
  readonly services: readonly string[];
  close(): void;
}

/** One exposition with all series once for each service. */
function multiplied(text: string, services: readonly string[]): string {
  const lines = text.split('\n').filter((line) => line !== '' && line !== '# EOF');
  const out: string[] = [];
  for (let i = 0; i < lines.length;) {
    // The lines of a family stand together.
    const begin = i;
    while (lines[i]?.startsWith('#')) i += 1;
    out.push(...lines.slice(begin, i));
    const samples: string[] = [];
    for (; i < lines.length && !lines[i]?.startsWith('#'); i++) samples.push(lines[i] as string);
    for (const service of services) {
      for (const sample of samples) {
        const [, name, labels = '', rest] = /^([^{ ]+)(?:\{(.*)\})? (.*)$/.exec(sample) ?? [];
        out.push(`${name}{service="${service}"${labels && `,${labels}`}} ${rest}`);
      }
    }
  }
  return `${out.join('\n')}\n`;
}

export async function startFleet(exporter: ExporterProcess, count: number): Promise<Fleet> {
  const services = Array.from({ length: count }, (_, i) => `service-${i}`);
  const server = createServer((_request, response) => {
    exporter.admin('/metrics', { accept: 'text/plain' }).then(
      async (answer) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4');
        response.end(multiplied(await answer.text(), services));
      },
      () => response.writeHead(503).end(),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    services,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
