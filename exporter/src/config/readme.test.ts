import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './load';

const root = join(__dirname, '../../..');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))];
/** Its YAML is of slos.yml: see cli/rules.test.ts. */
const ofRules = join('docs', 'alerts.md');
/** Every block of YAML that a reader may copy. */
const examples = pages
  .filter((page) => page.endsWith('.md') && page !== ofRules && existsSync(join(root, page)))
  .flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/```yaml\n([^]*?)```/g)].map(
      ([, yaml = '']) => [page, yaml] as const,
    ),
  );

test.each(examples)('the configuration that %s shows can be used', (_, yaml) => {
  const directory = mkdtempSync(join(tmpdir(), 'selfcheer-readme-'));
  try {
    const file = join(directory, 'selfcheer.yaml');
    writeFileSync(file, yaml);
    expect(() => loadConfig({ file, env: {}, cwd: directory })).not.toThrow();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('there are examples', () => expect(examples.length).toBeGreaterThan(0));
