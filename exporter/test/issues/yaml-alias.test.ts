import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import { UsageError } from '../../src/errors';

/** Found by `npm run fuzz`: an alias without its anchor, or aliases of aliases, ended the start with a stack trace. */
describe('an alias in the configuration file', () => {
  let cwd: string;
  beforeEach(() => void (cwd = mkdtempSync(join(tmpdir(), 'selfcheer-config-'))));
  afterEach(() => rmSync(cwd, { recursive: true }));

  const load = (text: string): (() => unknown) => {
    writeFileSync(join(cwd, 'selfcheer.yaml'), text);
    return () => loadConfig({ env: {}, cwd });
  };
  const nine = (name: string): string => Array.from({ length: 9 }, () => `*${name}`).join(', ');

  it('is a usage error when there is no such anchor', () => {
    expect(load('http: *nowhere')).toThrow(UsageError);
    expect(load('http: *nowhere')).toThrow(/selfcheer\.yaml.*nowhere/);
  });

  it('is a usage error when it would grow beyond all bounds', () => {
    const bomb = `a: &a [1]\nb: &b [${nine('a')}]\nc: &c [${nine('b')}]\nd: &d [${nine('c')}]\ne: [${nine('d')}]`;
    expect(load(bomb)).toThrow(UsageError);
  });

  it('is taken when it is a plain one', () => {
    expect(load('http: &here 127.0.0.1:0\ngrpc: *here')).not.toThrow();
  });
});
