import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { decodeRecord } from './record';
import type { Db } from './store';

const batchBytes = 2 ** 20;

/** Writes rows in synced batches; without a store, for a dry run, nothing. */
export class SalvageWriter {
  private batch: [Buffer, Buffer][] = [];
  private bytes = 0;

  constructor(private readonly db: Db | undefined) {}

  /** Resolve it before the next call. */
  async put(key: Buffer, value: Buffer): Promise<void> {
    if (!this.db) return;
    this.batch.push([key, value]);
    this.bytes += key.length + value.length;
    if (this.bytes >= batchBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const rows = this.batch;
    this.batch = [];
    this.bytes = 0;
    if (!this.db || rows.length === 0) return;
    const batch = this.db.batch();
    for (const [key, value] of rows) batch.put(key, value);
    await batch.write({ sync: true });
  }
}

/** Sets damaged rows aside in damaged.ndjson, one a line; nobody can publish them, but a person may read them. */
export class DamagedRows {
  count = 0;
  private file: number | undefined;

  /** Without a directory they are only counted. */
  constructor(private readonly directory: string | undefined) {}

  add(what: 'event' | 'quarantined event', place: object, row: Buffer): void {
    this.count += 1;
    if (this.directory === undefined) return;
    if (this.file === undefined) {
      mkdirSync(this.directory, { recursive: true, mode: 0o700 });
      this.file = openSync(join(this.directory, 'damaged.ndjson'), 'w', 0o600);
    }
    const line = { what, ...place, ...(what === 'event' && likelyIds(row)), row: row.toString('base64') };
    writeSync(this.file, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    if (this.file === undefined) return;
    fsyncSync(this.file);
    closeSync(this.file);
    this.file = undefined;
  }
}

/** What the row says, though its checksum is wrong: most likely the damage is elsewhere in it. */
function likelyIds(row: Buffer): object {
  if (row.length < 40) return {};
  const copy = Buffer.from(row);
  copy.writeUInt32BE(crc32c(copy.subarray(5)), 1);
  try {
    const { id, source } = decodeRecord(0, 0, copy);
    return { likely_id: id, likely_source: source };
  } catch {
    return {};
  }
}
