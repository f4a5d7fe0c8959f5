import { createReadStream, readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { readLine, type Consumer, type Message } from '../../../../e2e/helpers/published';

/**
 * Reads the embedded sink as its format asks of a reader: what is no whole line of the sink, as a power loss leaves it,
 * is left out. Nothing of the exporter's own code.
 */
export function soundLines(dataDir: string, topic: string): Consumer {
  const directory = path.join(dataDir, 'published', topic);
  return {
    async *messages() {
      for (const name of readdirSync(directory).sort()) {
        const input = createReadStream(path.join(directory, name), 'latin1');
        for await (const line of createInterface({ input, crlfDelay: Infinity })) {
          const message = read(line);
          if (message) yield message;
        }
      }
    },
    ends: () => Promise.resolve(readdirSync(directory).length),
  };
}

function read(line: string): Message | undefined {
  try {
    const message = readLine(line);
    // Garbage may be JSON, too: a digit between two line feeds.
    return typeof message.headers === 'object' ? message : undefined;
  } catch {
    return undefined;
  }
}
