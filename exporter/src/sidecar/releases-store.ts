import { isDeepStrictEqual } from 'node:util';
import { messageOf, SelfcheerError } from '../errors';
import { bareVersion, type VerifyDocument } from '../release/verify-document';
import { readReleases, writeReleases, type RecordedRelease, type ReleasesFile } from './releases-file';

/** As many attempts are kept; the oldest is forgotten first. */
export const releasesKept = 100;

export interface ReleaseStoreOptions {
  /** Where they are kept over restarts; only in memory when absent. */
  readonly file?: string;
  /** The file, or something in it, could not be read. */
  readonly onProblem: (error: Error) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** `known`: its run was recorded before with the same document; `conflict`: with another one. */
export interface RecordOutcome {
  readonly outcome: 'recorded' | 'known' | 'conflict';
  readonly release: RecordedRelease;
}

/** The attempts at releases that were recorded last, durable before anyone is told so. */
export class ReleaseStore {
  private contents: ReleasesFile;
  /** One at a time, so that an older state never replaces a newer one, and a run is never recorded twice. */
  private recording: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: ReleaseStoreOptions,
    { nextNumber, releases }: ReleasesFile,
    /** The file is there and can't be opened: it is not written over. */
    private readonly unreadable?: Error,
  ) {
    this.contents = { nextNumber, releases: releases.slice(-releasesKept) };
  }

  /** Only in memory; `releases` are there already, oldest first. */
  static inMemory(releases: readonly RecordedRelease[] = []): ReleaseStore {
    const nextNumber = (releases.at(-1)?.number ?? 0) + 1;
    return new ReleaseStore({ onProblem: () => undefined }, { nextNumber, releases });
  }

  /** Never rejects: from a file that can't be opened nothing is known, and nothing is recorded. */
  static async open(options: ReleaseStoreOptions): Promise<ReleaseStore> {
    const { file, onProblem } = options;
    const empty = { nextNumber: 1, releases: [] };
    if (file === undefined) return new ReleaseStore(options, empty);
    try {
      return new ReleaseStore(options, await readReleases(file, onProblem));
    } catch (error) {
      const problem = error instanceof Error ? error : new Error(String(error));
      onProblem(problem);
      return new ReleaseStore(options, empty, problem);
    }
  }

  /** Number of the one that was recorded last; 0 when there is none. */
  get latest(): number {
    return this.contents.releases.at(-1)?.number ?? 0;
  }

  get count(): number {
    return this.contents.releases.length;
  }

  /** Those with a smaller number than `before`, newest first. */
  list({ before, limit }: { readonly before: number; readonly limit: number }): readonly RecordedRelease[] {
    const fitting = this.contents.releases.filter(({ number }) => number < before);
    return fitting.slice(-limit).reverse();
  }

  /** All attempts at one version, with or without a v in front, newest first. */
  of(release: string): readonly RecordedRelease[] {
    const version = bareVersion(release);
    return this.contents.releases
      .filter(({ document }) => bareVersion(document.release) === version)
      .reverse();
  }

  /** Rejects with a retriable SelfcheerError `releases_unwritable` when it can't be kept: then it is not recorded. */
  record(document: VerifyDocument, recordedBy: string): Promise<RecordOutcome> {
    const recorded = this.recording.then(() => this.add(document, recordedBy));
    this.recording = recorded.catch(() => undefined);
    return recorded;
  }

  private async add(document: VerifyDocument, recordedBy: string): Promise<RecordOutcome> {
    const { file, now = Date.now } = this.options;
    const { nextNumber, releases } = this.contents;
    const before = releases.find((one) => one.document.run === document.run);
    if (before) {
      return {
        outcome: isDeepStrictEqual(before.document, document) ? 'known' : 'conflict',
        release: before,
      };
    }
    const release = { number: nextNumber, recordedAt: now(), recordedBy, document };
    const next = { nextNumber: nextNumber + 1, releases: [...releases, release].slice(-releasesKept) };
    if (file !== undefined) {
      try {
        if (this.unreadable) throw this.unreadable;
        await writeReleases(file, next);
      } catch (error) {
        const why = `The release was not recorded, for ${file} can't be used: ${messageOf(error)}. Send it again.`;
        throw new SelfcheerError('releases_unwritable', why, { retriable: true, cause: error });
      }
    }
    this.contents = next;
    return { outcome: 'recorded', release };
  }
}
