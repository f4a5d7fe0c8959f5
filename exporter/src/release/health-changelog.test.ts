import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyDocumentOf } from '../../test/helpers/verify-documents';
import { HealthChangelog } from './health-changelog';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'selfcheer-changelog-'));
  file = join(folder, 'HEALTH_CHANGELOG.md');
});

afterEach(() => rmSync(folder, { recursive: true }));

const text = (): string => readFileSync(file, 'utf8');
const titles = (): string[] => text().match(/^## .*/gm) ?? [];
const flag = {
  at: Date.parse('2026-11-22T02:00:00Z'),
  service: 'shop',
  title: 'Flag a is on',
  detail: 'on; was off',
};

describe('the health changelog', () => {
  it('is made with a heading, and has the newest on top', async () => {
    const changelog = new HealthChangelog(file);
    await changelog.addRelease(verifyDocumentOf());
    await changelog.addFlagChange(flag);
    expect(text()).toBe(
      [
        '# Health changelog',
        '',
        'Each attempt of a release at its gate, failed ones too, and each change of a feature flag. Newest on top.',
        '',
        '## shop: Flag a is on (2026-11-22 02:00:00 UTC)',
        '',
        '- on; was off',
        '',
        '## shop 2.0.0: fail (2026-11-22 01:00:00 UTC)',
        '',
        '- run: `verify-1`',
        '- previous: 1.9.0',
        '- target: http://canary:9464; beside it: http://stable:9464',
        '- took: 12.5 s',
        '- flags: fast = on (true)',
        '',
        '| gate | verdict | what was seen |',
        '| --- | --- | --- |',
        '| readiness | pass | It is ready. |',
        '| published | fail | 3 of 9 \\| \\<published\\> |',
        '',
      ].join('\n'),
    );
    expect(readdirSync(folder)).toEqual(['HEALTH_CHANGELOG.md']);
  });

  it('has each run once', async () => {
    await new HealthChangelog(file).addRelease(verifyDocumentOf());
    await new HealthChangelog(file).addRelease(verifyDocumentOf({ release: '3.0.0' }));
    expect(titles()).toHaveLength(1);
  });

  it('keeps what people wrote, above and between', async () => {
    writeFileSync(file, '# Ours\n\nRead this.\n## old\n\nWe learnt something.\n');
    await new HealthChangelog(file).addFlagChange(flag);
    expect(text()).toMatch(
      /^# Ours\n\nRead this\.\n\n## shop: Flag a is on .*\n\n- on; was off\n\n## old\n\nWe learnt something\.\n$/,
    );
  });

  it('keeps the sections of writers that come at once', async () => {
    const runs = Array.from({ length: 12 }, (_, n) => `run-${n}`);
    await Promise.all(runs.map((run) => new HealthChangelog(file).addRelease(verifyDocumentOf({ run }))));
    const found = [...text().matchAll(/^- run: `(.+)`$/gm)].map(([, run]) => run as string);
    expect(found.sort()).toEqual(runs.sort());
  }, 30_000);

  it('goes on after a writer that died with the lock', async () => {
    mkdirSync(`${file}.lock`);
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${file}.lock`, longAgo, longAgo);
    await new HealthChangelog(file).addFlagChange(flag);
    expect(titles()).toHaveLength(1);
  });

  it('follows a link instead of replacing it', async () => {
    const other = join(folder, 'other.md');
    writeFileSync(other, '');
    symlinkSync(other, file);
    await new HealthChangelog(file).addFlagChange(flag);
    expect(readFileSync(other, 'utf8')).toContain('# Health changelog\n');
  });

  it('lets no text of others make a line of its own', async () => {
    const nasty = 'a\n## forged\n- run: `x`\n<script>';
    await new HealthChangelog(file).addRelease(verifyDocumentOf({ service: nasty, previous: nasty }));
    expect(titles()).toEqual([
      expect.stringMatching(/^## a \\#\\# forged - run: \\`x\\` \\<script\\> 2\.0\.0: fail/),
    ]);
    expect(text()).not.toMatch(/^- run: `x`$/m);
  });

  it('replaces nothing but files', async () => {
    const refused = { code: 'changelog', message: expect.stringContaining('it is no file') };
    mkdirSync(file);
    await expect(new HealthChangelog(file).addFlagChange(flag)).rejects.toMatchObject(refused);
    expect(readdirSync(folder)).toEqual(['HEALTH_CHANGELOG.md']);
    // A socket stands for all that is not meant to be replaced, as a device is.
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    await expect(new HealthChangelog(socket).addFlagChange(flag)).rejects.toMatchObject(refused);
    expect(statSync(socket).isSocket()).toBe(true);
    server.close();
  });

  it('says which file could not be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const there = join(folder, 'file', 'HEALTH_CHANGELOG.md');
    await expect(new HealthChangelog(there).addFlagChange(flag)).rejects.toMatchObject({
      ...{ code: 'changelog', message: expect.stringContaining(there) },
    });
  });
});
