import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn, type Outcome } from '../../test/helpers/cli';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-cli-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function check(yaml: string, ...flags: readonly string[]): Promise<Outcome> {
  writeFileSync(join(cwd, 'selfcheer.yaml'), yaml);
  return runIn(cwd, ['config', 'check', ...flags]);
}

describe('config check refuses what start would', () => {
  const lookup = 'step: lookup, url: "http://h/", name: geo';
  test.each([
    ['one name for two lookups', `enrich: [{${lookup}, field: a}, {${lookup}, field: b}]`, 'are named "geo"'],
    ['a field twice', 'enrich: [{step: normalize}, {step: set, field: time, value: 1}]', 'the field "time"'],
    ['no such file', 'enrich: [{step: schema, file: none.json}]', 'none.json'],
    ['a broken expression', 'enrich: [{step: expression, field: a, expression: "(("}]', 'enrich step 1'],
    ['no flags file', 'flags: {file: none.json}', "Can't read the flags file"],
    ['a broken flags file', 'flags: {file: selfcheer.yaml}', 'it is no JSON'],
    ['one port for two', 'http: 127.0.0.1:9464', 'is where http listens'],
    [
      'an address that nobody can call',
      'insecure: true\nhttp: 0.0.0.0:80\nconsul: {register: true}',
      "Consul can't be told",
    ],
  ])('%s', async (_, yaml, message) => {
    for (const flags of [[], ['--json']]) {
      const { code, out, err } = await check(yaml, ...flags);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(message);
    }
  });

  test('and takes what it would: files count from the configuration’s directory', async () => {
    mkdirSync(join(cwd, 'etc'));
    writeFileSync(join(cwd, 'etc', 'any.json'), '{}');
    writeFileSync(
      join(cwd, 'etc', 'my.yaml'),
      `enrich: [{step: schema, file: any.json}, {${lookup}, field: a}]`,
    );
    const { code, out } = await runIn(cwd, ['config', 'check', '--config', 'etc/my.yaml']);
    expect([code, out]).toEqual([0, expect.stringContaining('The configuration can be used.')]);
  });
});

test.each(['http://user:hunter2@host', 'http://user:hunter2/x@host', 'ftp://user:hunter2@host'])(
  'credentials in %s are neither taken nor shown',
  async (url) => {
    const yaml = `consul: {agent: "${url}"}\nenrich: [{step: lookup, url: "${url}", field: f}]`;
    const { code, out, err } = await check(yaml);
    expect(code).toBe(2);
    expect(err).toContain('consul.agent: "');
    expect(`${out}${err}`).not.toContain('hunter2');
  },
);
