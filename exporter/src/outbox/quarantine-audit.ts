import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, SelfcheerError } from '../errors';
import type { AuditEntry } from '../event';
import { syncDirectory } from './directory';

/** What is written before an action takes effect. */
export type AuditedAction = Omit<AuditEntry, 'id' | 'at' | 'outcome'>;

/** Ids of entries that were written together. */
export interface AuditRange {
  readonly from: number;
  readonly to: number;
}

/** One line of the file: an action, or what became of those with ids in a range. */
type Line = (Omit<AuditEntry, 'outcome'> & { readonly kind: 'begun' }) | ({ readonly kind: 'end' } & End);

interface End extends AuditRange {
  readonly outcome: 'done' | 'failed';
  /** Ids of those that were left where they are. */
  readonly superseded?: readonly number[];
}

const fileBytes = 8 * 2 ** 20;
const files = 16;

/**
 * Who replayed or discarded what: `audit.ndjson` in the data directory, only ever appended to. An action is written
 * and synced before it takes effect, so after a crash nothing is gone of which this does not tell; what became of it
 * follows in a line of its own. The file is renamed at 8 MiB (`audit.1.ndjson` and so on), and the oldest of sixteen
 * is dropped: about half a million actions are kept.
 */
export class QuarantineAudit {
  private writing: Promise<unknown> = Promise.resolve();
  private file: { readonly handle: FileHandle; bytes: number } | undefined;
  private nextId = 1;

  constructor(
    private readonly dataDir: string,
    private readonly limits: { readonly fileBytes: number; readonly files: number } = { fileBytes, files },
  ) {}

  /** Resolves when all of them are on the disk. Rejects with a retriable `audit_unwritable`: then don't act. */
  begin(actions: readonly AuditedAction[]): Promise<AuditRange> {
    return this.serially(async () => {
      await this.ready();
      const from = this.nextId;
      const at = Date.now();
      const lines = actions.map((action, i): Line => ({ kind: 'begun', id: from + i, at, ...action }));
      this.nextId += lines.length;
      await this.append(lines, true);
      return { from, to: this.nextId - 1 };
    });
  }

  /** Says what became of them. Not synced: a crash may leave the outcome unknown, never the action. */
  end(range: AuditRange, outcome: End['outcome'], superseded: readonly number[] = []): Promise<void> {
    const line: Line = { kind: 'end', ...range, outcome, ...(superseded.length > 0 && { superseded }) };
    return this.serially(async () => {
      await this.ready();
      await this.append([line], false);
    });
  }

  /** Up to `limit` entries with a smaller id than `before`, greatest id first. Lines that a crash cut are left out. */
  async list({ before, limit }: { readonly before: number; readonly limit: number }): Promise<AuditEntry[]> {
    await this.writing.catch(() => undefined);
    const entries: AuditEntry[] = [];
    const ends: End[] = [];
    for (let age = 0; age < this.limits.files && entries.length < limit; age++) {
      const lines = await readLines(this.path(age));
      for (let i = lines.length - 1; i >= 0 && entries.length < limit; i--) {
        const line = parseLine(lines[i]!);
        if (line?.kind === 'end') ends.push(line);
        else if (line && line.id < before) entries.push(withOutcome(line, ends));
        if (line?.kind !== 'begun') continue;
        const passed = ends.findIndex(({ from }) => from === line.id);
        if (passed >= 0) ends.splice(passed, 1); // ids fall from here on
      }
    }
    return entries;
  }

  /** Waits for what is being written. Never rejects. */
  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.file?.handle.close().catch(() => undefined);
    this.file = undefined;
  }

  private serially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.writing.then(work, work);
    this.writing = result;
    return result.catch((error: unknown) => {
      throw new SelfcheerError(
        'audit_unwritable',
        `Nothing was changed: the audit ${this.path(0)} can't be written (${messageOf(error)}). See to its disk and try again.`,
        { retriable: true, cause: error },
      );
    });
  }

  private path(age: number): string {
    return join(this.dataDir, age === 0 ? 'audit.ndjson' : `audit.${age}.ndjson`);
  }

  /** The file, open for appending and not too long. */
  private async ready(): Promise<void> {
    if (this.file && this.file.bytes < this.limits.fileBytes) return;
    if (this.file) await this.rotate();
    const lines = [...(await readLines(this.path(1))), ...(await readLines(this.path(0)))];
    const last = lines.findLast((line) => parseLine(line)?.kind === 'begun');
    const parsed = last === undefined ? undefined : parseLine(last);
    if (parsed?.kind === 'begun') this.nextId = Math.max(this.nextId, parsed.id + 1);
    const handle = await open(this.path(0), 'a', 0o600);
    this.file = { handle, bytes: (await handle.stat()).size };
    syncDirectory(dirname(this.path(0)));
    // A crash may have cut the last line: what follows must not become a part of it.
    if (this.file.bytes > 0) await this.write('\n');
  }

  private async rotate(): Promise<void> {
    await this.file?.handle.close();
    this.file = undefined;
    for (let age = this.limits.files - 1; age > 0; age--) {
      await rename(this.path(age - 1), this.path(age)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      });
    }
  }

  private async append(lines: readonly Line[], sync: boolean): Promise<void> {
    try {
      await this.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      if (sync) await this.file!.handle.sync();
    } catch (error) {
      // What is on the disk is unknown; the next write opens the file anew, behind a line break.
      await this.file?.handle.close().catch(() => undefined);
      this.file = undefined;
      throw error;
    }
  }

  private async write(text: string): Promise<void> {
    await this.file!.handle.writeFile(text);
    this.file!.bytes += Buffer.byteLength(text);
  }
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function parseLine(text: string): Line | undefined {
  try {
    return text === '' ? undefined : (JSON.parse(text) as Line);
  } catch {
    return undefined;
  }
}

function withOutcome(
  { kind: _kind, ...action }: Extract<Line, { kind: 'begun' }>,
  ends: readonly End[],
): AuditEntry {
  const end = ends.find(({ from, to }) => from <= action.id && action.id <= to);
  if (!end) return { ...action, outcome: 'unknown' };
  return { ...action, outcome: end.superseded?.includes(action.id) === true ? 'superseded' : end.outcome };
}
