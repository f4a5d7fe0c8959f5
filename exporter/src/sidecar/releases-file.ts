import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { verifyDocument, type VerifyDocument } from '../release/verify-document';

/** One attempt at a release as it was recorded. */
export interface RecordedRelease {
  /** Grows by one for each. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly recordedAt: number;
  /** Name of the key that it was recorded with. */
  readonly recordedBy: string;
  readonly document: VerifyDocument;
}

/** What such a file holds. */
export interface ReleasesFile {
  /** The first number that none had when this was written. */
  readonly nextNumber: number;
  /** Oldest first. */
  readonly releases: readonly RecordedRelease[];
}

const format = 'selfcheer-releases/1';
const header = z.object({
  format: z.literal(format),
  next_number: z.number().int().positive(),
  releases: z.array(z.unknown()),
});
const entry = z.object({
  number: z.number().int().positive(),
  recorded_at: z.number().int().positive(),
  recorded_by: z.string(),
  document: verifyDocument,
});

/**
 * Reads such a file; an absent one is empty. What can't be read is left out and told to `onProblem`, and a copy of the
 * file stays beside it, since the next attempt that is recorded replaces it.
 *
 * @throws Error when it can't be opened, or can't be copied
 */
export async function readReleases(file: string, onProblem: (error: Error) => void): Promise<ReleasesFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { nextNumber: 1, releases: [] };
    throw error;
  }
  const { data } = header.safeParse(parsed(text));
  const releases = (data?.releases ?? []).flatMap((one): RecordedRelease[] => {
    const { data: read } = entry.safeParse(one);
    if (!read) return [];
    const { number, recorded_at: recordedAt, recorded_by: recordedBy, document } = read;
    return [{ number, recordedAt, recordedBy, document }];
  });
  const inOrder = releases.filter(({ number }, i) => i === 0 || number > releases[i - 1]!.number);
  const lost = data ? data.releases.length - inOrder.length : undefined;
  if (lost !== 0) {
    const copy = `${file}.unreadable`;
    await copyFile(file, copy);
    const what = lost === undefined ? 'The file' : `${lost} of the attempts`;
    onProblem(new Error(`${what} in ${file} can't be read and will be gone; a copy is ${copy}`));
  }
  const nextNumber = Math.max(data?.next_number ?? 1, (inOrder.at(-1)?.number ?? 0) + 1);
  return { nextNumber, releases: inOrder };
}

/** Replaces the file in one step: after a crash there is the old one or the new one, whole. */
export async function writeReleases(file: string, { nextNumber, releases }: ReleasesFile): Promise<void> {
  const text = JSON.stringify({
    format,
    next_number: nextNumber,
    releases: releases.map(({ number, recordedAt, recordedBy, document }) => ({
      ...{ number, recorded_at: recordedAt, recorded_by: recordedBy, document },
    })),
  });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // One that a crash left may have other rights.
  await rm(`${file}.tmp`, { force: true });
  await synced(`${file}.tmp`, 'w', (handle) => handle.writeFile(`${text}\n`));
  await rename(`${file}.tmp`, file);
  // The new name, too: it was promised to whoever recorded this.
  await synced(dirname(file), 'r', () => Promise.resolve());
}

async function synced(
  path: string,
  flags: 'w' | 'r',
  work: (handle: Awaited<ReturnType<typeof open>>) => Promise<unknown>,
): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    await work(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
