import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QuarantineAudit, type AuditedAction } from './quarantine-audit';

const action = (number: number): AuditedAction => ({
  ...{ action: 'discard', actor: 'ann', via: 'api', number, eventId: `e${number}`, source: '/s' },
  ...{ revision: 1, reason: 'schema', step: 'check', traceId: null },
});

describe('QuarantineAudit', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'audit-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const all = (audit: QuarantineAudit) => audit.list({ before: Infinity, limit: 1_000 });

  it('goes on with its ids in the next process, and says of what a crash cut short that it does not know', async () => {
    const first = new QuarantineAudit(dir);
    await first.end(await first.begin([action(1), action(2)]), 'done', [2]);
    await first.begin([action(3)]);
    await first.close();
    appendFileSync(join(dir, 'audit.ndjson'), '{"kind":"begun","id":4,"numb');
    const second = new QuarantineAudit(dir);
    await second.end(await second.begin([action(5)]), 'failed');
    expect((await all(second)).map(({ id, number, outcome }) => `${id} ${number} ${outcome}`)).toEqual([
      '4 5 failed',
      '3 3 unknown',
      '2 2 superseded',
      '1 1 done',
    ]);
    expect(statSync(join(dir, 'audit.ndjson')).mode & 0o777).toBe(0o600);
    await second.close();
  });

  it('renames a file that is long and keeps so many of them', async () => {
    const audit = new QuarantineAudit(dir, { fileBytes: 2_000, files: 3 });
    for (let i = 1; i <= 60; i++) await audit.end(await audit.begin([action(i)]), 'done');
    expect(readdirSync(dir).sort()).toEqual(['audit.1.ndjson', 'audit.2.ndjson', 'audit.ndjson']);
    const entries = await all(audit);
    expect(entries[0]).toMatchObject({ id: 60, outcome: 'done' });
    expect(entries.map(({ id }) => id)).toEqual(entries.map((_, i) => 60 - i));
    expect(entries.every(({ outcome }) => outcome === 'done')).toBe(true);
    expect(entries.length).toBeLessThan(60);
    expect(await audit.list({ before: 58, limit: 2 })).toMatchObject([{ id: 57 }, { id: 56 }]);
    await audit.close();
  });

  it('keeps what is written at the same time apart', async () => {
    const audit = new QuarantineAudit(dir);
    const ranges = await Promise.all(Array.from({ length: 20 }, (_, i) => audit.begin([action(i)])));
    await Promise.all(ranges.map((range) => audit.end(range, 'done')));
    expect((await all(audit)).map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => 20 - i));
    await audit.close();
  });
});
