import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAfterLoss, openLevel, type Db } from './store';
import { dropTornEdit } from './torn-edit';

describe('dropTornEdit', () => {
  let level: string;
  beforeEach(() => (level = mkdtempSync(join(tmpdir(), 'torn-'))));
  afterEach(() => rmSync(level, { recursive: true }));

  const key = (n: number): Buffer => Buffer.from(String(n).padStart(600, '0'));
  const manifest = (): string => join(level, readFileSync(join(level, 'CURRENT'), 'latin1').trim());

  /** The last edit names a table by two keys of 600 bytes: it lies in more than one sector. */
  async function store(): Promise<Buffer> {
    const first = await openLevel(level, true);
    for (let n = 0; n < 10; n++) await first.put(key(n), Buffer.from('before'));
    await first.close();
    // What is in the log comes into a table as it is opened.
    await (await openLevel(level, false)).close();
    return readFileSync(manifest());
  }

  const rows = async (db: Db): Promise<number> => (await db.keys().all()).length;

  it('opens a store whose last edit lost a sector to a power loss, as it was before that edit', async () => {
    const whole = await store();
    const db = await openLevel(level, false);
    await db.put(key(99), Buffer.from('after'));
    await db.compactRange(key(0), key(100));
    const before = readFileSync(manifest());
    await db.close();
    expect(before.length).toBeGreaterThan(whole.length / 2);
    // As if an edit had been appended of which only the first sector came to the disk.
    const edit = Buffer.alloc(1_200, 'e');
    edit.writeUInt32LE(12345, 0);
    edit.writeUInt16LE(edit.length - 7, 4);
    edit.writeUInt8(1, 6);
    const torn = Buffer.concat([before, edit]);
    torn.fill(0, Math.ceil((before.length + 7) / 512) * 512, torn.length);
    writeFileSync(manifest(), torn);
    await expect(openLevel(level, false)).rejects.toMatchObject({ code: 'store_damaged' });
    const opened = await openAfterLoss(level);
    expect(await rows(opened)).toBe(11);
    await opened.close();
  });

  it('leaves alone what no power loss does', async () => {
    const whole = await store();
    expect(dropTornEdit(level)).toBe(false);
    const flipped = Buffer.from(whole);
    flipped[whole.length - 20]! ^= 0xff;
    writeFileSync(manifest(), flipped);
    expect(dropTornEdit(level)).toBe(false);
    // Zeros in an edit that others follow.
    const early = Buffer.from(whole);
    early.fill(0, 7, 512);
    writeFileSync(manifest(), Buffer.concat([early, whole]));
    expect(dropTornEdit(level)).toBe(false);
    expect(readFileSync(manifest()).length).toBe(2 * whole.length);
    rmSync(join(level, 'CURRENT'));
    expect(dropTornEdit(level)).toBe(false);
    expect(readdirSync(level)).not.toContain('CURRENT');
  });
});
