import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configKeys } from '../../../src/config/keys';
import { loadConfig } from '../../../src/config/load';
import { configSchema } from '../../../src/config/schema';
import { UsageError } from '../../../src/errors';
import { value } from '../json';
import { mutate, type Random } from '../random';
import { demand, type Target } from '../target';

const keys = configKeys();
const scalars = [
  '1',
  '0',
  '-1',
  'true',
  'off',
  '127.0.0.1:0',
  '""',
  '~',
  '[]',
  '{}',
  '1e3',
  '0x10',
  '*a',
  '&a [1]',
  '!!binary aGk=',
  '!!set {a}',
  '<<',
  '"\\u0000"',
  '2026-01-01',
  '.inf',
  '.nan',
  '5s',
];

function yaml(random: Random): string {
  const tree: Record<string, unknown> = {};
  for (let count = random.int(5); count > 0; count--) {
    const { path } = random.pick(keys);
    const parts = random.oneIn(8) ? [...path, 'more'] : random.oneIn(8) ? path.slice(0, -1) : path;
    let at = tree;
    for (const part of parts.slice(0, -1))
      at = (typeof at[part] === 'object' ? at[part] : (at[part] = {})) as typeof at;
    const name = parts.at(-1);
    if (name !== undefined) at[name] = `@${random.pick(scalars)}`;
  }
  const text = JSON.stringify(tree, null, 1).replaceAll(
    /"@((?:[^"\\]|\\.)*)"/g,
    (_, scalar: string) => JSON.parse(`"${scalar}"`) as string,
  );
  if (random.oneIn(3)) return text;
  // Block style: the same without its braces.
  return (
    text.replaceAll(/[{},]$/gm, '').replaceAll(/"([\w.]+)":/g, '$1:') +
    random.pick(['', '\n', '\n...\n', `\n${value(random, 2)}`])
  );
}

const bombs = [
  `a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nd: &d [${'*c,'.repeat(9)}]\ne: [${'*d,'.repeat(9)}]`,
  'a: &a\n  b: *a',
  `${'['.repeat(3_000)}`,
  `${'- '.repeat(2_000)}1`,
  'a: *nothing',
  '? [a, b]\n: c',
  '__proto__: {http: 1}',
  'constructor: 1',
  '<<: {http: 1}',
  '%YAML 1.3\n---\n1',
  '!!js/function x',
];

export function configTarget(): Target {
  const cwd = mkdtempSync(join(tmpdir(), 'selfcheer-fuzz-'));
  return {
    name: 'config',
    share: 8,
    run: (random, input) => {
      const made = random.oneIn(12) ? random.pick(bombs) : yaml(random);
      const text = random.oneIn(2)
        ? Buffer.from(made)
        : mutate(random, Buffer.from(made), Buffer.from(yaml(random)));
      const env: Record<string, string> = {};
      for (let count = random.int(3); count > 0; count--) {
        env[random.pick(keys).env] = random.oneIn(3) ? value(random, 2) : random.pick(scalars);
      }
      input(`${JSON.stringify(env)}\n${text.toString('latin1')}`);
      writeFileSync(join(cwd, 'selfcheer.yaml'), text);
      try {
        const { config } = loadConfig({ env, cwd });
        demand(Object.isFrozen(config), 'a configuration is frozen');
        demand(configSchema.safeParse(config).success, 'what was taken fits the schema');
        demand(Object.getPrototypeOf(config) === Object.prototype, 'and has no foreign prototype');
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        demand(error.message.length < 100_000, 'a message that a person can read', error.message.length);
      }
      demand(({} as { http?: unknown }).http === undefined, 'no prototype is changed');
    },
    close: () => rmSync(cwd, { recursive: true }),
  };
}
