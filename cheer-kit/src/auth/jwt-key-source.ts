import { createReadStream } from 'node:fs';
import { KitError } from '../resilience/errors';

/** Where the public keys of an issuer are, as a JWK Set (RFC 7517): at an address, or in a file, which may change. */
export type KeySource = { readonly uri: string } | { readonly file: string };

/** The keys of an issuer could not be read, or are none. `keys_unusable` */
export class KeysError extends KitError {
  constructor(message: string, cause?: unknown) {
    super('keys_unusable', message, { retriable: true, cause });
  }
}

/** A set of a thousand RSA keys with certificates is smaller. */
const longestDocument = 2 ** 20;

/** Names the source in messages; an address without its query, which may hold a secret. */
export function sourceName(source: KeySource): string {
  return 'uri' in source ? source.uri.replace(/[?#].*$/s, '') : source.file;
}

/**
 * Reads the document whole, as text.
 *
 * Rejects with a KeysError when there is none or it is longer than 1 MiB, with fetch's own or the file system's error when
 * it can't be read, and with the signal's reason.
 */
export async function readKeySource(source: KeySource, signal: AbortSignal): Promise<string> {
  if ('file' in source) return collect(createReadStream(source.file, { signal }), source);
  const answer = await fetch(source.uri, {
    signal,
    // Who answers with a redirect could name any other place to take keys from.
    redirect: 'manual',
    headers: { accept: 'application/jwk-set+json, application/json' },
  });
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new KeysError(`${sourceName(source)} answered ${answer.status}`);
  }
  return collect((answer.body ?? []) as AsyncIterable<Uint8Array>, source);
}

async function collect(chunks: AsyncIterable<Uint8Array>, source: KeySource): Promise<string> {
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > longestDocument) {
      throw new KeysError(`${sourceName(source)} has more than ${longestDocument} bytes`);
    }
    read.push(chunk);
  }
  return Buffer.concat(read).toString();
}
