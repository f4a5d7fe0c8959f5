import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** A file of flags is read once a second: what is larger is something else. */
const maxBytes = 2 ** 20;

/** @throws Error when there is no such file, it is no regular file, it can't be read, or it is larger than 1 MiB. */
export async function readFlagText(file: string): Promise<string> {
  // A pipe that nobody writes to would hold the open, and with it one of the few threads there are for files.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new Error('it is no regular file');
    const chunks: Buffer[] = [];
    let size = 0;
    // What its size says is not asked: some have none, as in /proc, and some grow while they are read.
    const stream = handle.createReadStream({ start: 0, end: maxBytes, autoClose: false });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
    }
    if (size > maxBytes)
      throw new Error(`it has more than the ${maxBytes} bytes that a file of flags may have`);
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    await handle.close();
  }
}

/**
 * What is wrong with a text, in a sentence for who wrote it; undefined when nothing is as far as can be seen here.
 * flagd's own parser checks it all, but names neither the place of a stray comma nor the flag whose variant is missing.
 */
export function flagTextProblem(text: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return text.trim() === '' ? 'it is empty' : `it is no JSON: ${(error as Error).message}`;
  }
  const flags = isRecord(parsed) ? parsed['flags'] : undefined;
  if (!isRecord(flags)) return 'it has no "flags" with one member for each flag';
  for (const [flag, definition] of Object.entries(flags)) {
    if (!isRecord(definition)) return `flag ${flag} is no object`;
    const { state, variants, defaultVariant } = definition;
    if (state !== 'ENABLED' && state !== 'DISABLED')
      return `flag ${flag}: state must be "ENABLED" or "DISABLED"`;
    if (!isRecord(variants)) return `flag ${flag} has no variants`;
    const names = Object.keys(variants);
    if (typeof defaultVariant === 'string' && !names.includes(defaultVariant)) {
      return `flag ${flag}: defaultVariant "${defaultVariant}" is none of its variants (${names.join(', ')})`;
    }
  }
  return undefined;
}

/** The first thing that does not fit in what flagd's parser throws: a list of ajv's errors as JSON behind a colon. */
export function schemaProblem(error: Error): string {
  const start = error.message.indexOf('[');
  try {
    const [first] = JSON.parse(error.message.slice(start)) as { instancePath: string; message: string }[];
    if (first) return `${first.instancePath.slice(1).replaceAll('/', '.')} ${first.message}`;
  } catch {
    // Another message than that of the schema.
  }
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
