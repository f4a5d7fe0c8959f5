import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pack, textOf, unpack } from './archive';

describe('pack', () => {
  let dist = '';
  beforeEach(() => {
    dist = mkdtempSync(path.join(tmpdir(), 'plugin-'));
    mkdirSync(path.join(dist, 'img'));
    writeFileSync(path.join(dist, 'img', 'logo.svg'), '<svg/>');
    writeMetadata('1.2.3');
  });
  afterEach(() => rmSync(dist, { recursive: true }));

  function writeMetadata(version: string) {
    const metadata = { id: 'a-b-panel', info: { version, updated: '2026-11-21' } };
    writeFileSync(path.join(dist, 'plugin.json'), JSON.stringify(metadata));
  }

  it('puts all files below one folder named like the plugin', () => {
    const { name, zip } = pack(dist);
    expect(name).toBe('a-b-panel-1.2.3.zip');
    const files = unpack(zip);
    expect([...files.keys()]).toEqual(['a-b-panel/img/logo.svg', 'a-b-panel/plugin.json']);
    expect(textOf(files, 'a-b-panel/img/logo.svg')).toBe('<svg/>');
  });

  it('makes the same archive of the same files', () => {
    const first = pack(dist).zip;
    writeMetadata('1.2.3');
    expect(Buffer.from(pack(dist).zip).equals(first)).toBe(true);
  });

  it('refuses a folder that the build has not filled in', () => {
    writeMetadata('%VERSION%');
    expect(() => pack(dist)).toThrow(/npm run build/);
  });
});
