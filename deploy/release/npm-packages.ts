import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../../e2e/helpers/commands';
import { ReleaseError, root } from './project';

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** In the folder that it was packed into. */
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const workspaces = ['cheer-kit', 'exporter'];
const needed = ['LICENSE', 'README.md', 'package.json'];
const unwanted = /(^|\/)(src|test|node_modules)\/|\.test\.|\.map$|\.tsbuildinfo$|(^|\/)\.(env|npmrc)/;

/**
 * Packs cheer-kit and exporter, as built, into a folder; what is left in dist of sources that are gone is removed before.
 * @throws ReleaseError when one holds what it shouldn't, or lacks something.
 */
export async function packNpmPackages(folder: string): Promise<readonly NpmPackage[]> {
  for (const workspace of workspaces) removeOrphans(path.join(root, workspace));
  const names = workspaces.flatMap((workspace) => ['--workspace', workspace]);
  // What is built is there: prepack would build the kit once more.
  const options = ['--json', '--ignore-scripts', '--pack-destination', folder, '--loglevel=error'];
  const told = await runCommand('npm', ['pack', ...options, ...names], { cwd: root });
  const packages = Object.values(JSON.parse(told) as Readonly<Record<string, NpmPackage>>);
  const problems = packages.flatMap(problemsOf);
  if (problems.length > 0) throw new ReleaseError(problems.join('\n'));
  return packages;
}

/** Removes from dist/ of a package what the compiler once made of a file that src/ no longer has. */
export function removeOrphans(workspace: string): void {
  const built = path.join(workspace, 'dist');
  if (!existsSync(built)) return;
  for (const file of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
    const [, stem] = /^(.*?)(?:\.js|\.d\.ts)(?:\.map)?$/.exec(file) ?? [];
    if (stem !== undefined && !existsSync(path.join(workspace, 'src', `${stem}.ts`)))
      rmSync(path.join(built, file));
  }
}

/** What is wrong with the contents of a package. */
export function problemsOf({ name, files }: Pick<NpmPackage, 'name' | 'files'>): readonly string[] {
  const paths = files.map((file) => file.path);
  return [
    ...needed
      .filter((file) => !paths.includes(file))
      .map((file) => `${name} has no ${file}: put one beside its package.json`),
    ...paths
      .filter((file) => unwanted.test(file) && !file.startsWith('templates/'))
      .map((file) => `${name} would publish ${file}: leave it out by "files" of its package.json`),
    ...(paths.some((file) => /^dist\/.*\.js$/.test(file))
      ? []
      : [`${name} has nothing in dist: npm run build`]),
  ];
}
