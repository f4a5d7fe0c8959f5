import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const stages = ['ingest', 'outbox', 'enrich', 'publish', 'cheer', 'sidecar'];
/** What looks at a service from outside. */
const tools = ['conform', 'release'];

function sources(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(dir, name));
}

/** Relative imports of a file, type-only ones included, as paths. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:^|\n)(?:import|export)[^;]*?from '(\.[^']+)'/g)].map(
    ([, target]) => `${resolve(dirname(file), target!)}.ts`,
  );
}

const files = [...sources(join(root, 'cheer-kit/src')), ...sources(join(root, 'exporter/src'))];
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const short = (file: string): string => relative(root, file);

describe('imports', () => {
  it('are found at all', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(graph.get(join(root, 'exporter/src/app.ts'))!.length).toBeGreaterThan(5);
  });

  it('form no cycle', () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`cycle: ${[...path, file].map(short).join(' -> ')}`);
      if (done.has(file)) return;
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(done.size).toBe(files.length);
  });

  it.each([...stages, ...tools])('of %s reach no other stage', (folder) => {
    const inside = join(root, 'exporter/src', folder);
    const strangers = [...graph]
      .filter(([file]) => file.startsWith(`${inside}/`))
      .flatMap(([, targets]) => targets)
      .filter((target) =>
        stages.some((other) => other !== folder && target.includes(`/exporter/src/${other}/`)),
      );
    expect(strangers.map(short)).toEqual([]);
  });

  it('of cheer-kit stay inside it', () => {
    const kit = join(root, 'cheer-kit/src/');
    const outside = [...graph].filter(([file]) => file.startsWith(kit)).flatMap(([, targets]) => targets);
    expect(outside.filter((target) => !target.startsWith(kit)).map(short)).toEqual([]);
  });
});
