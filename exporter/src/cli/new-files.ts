import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { UsageError } from '../errors';

/** From the built code as from the source. */
const packageFolder = join(__dirname, '../..');
const templates = join(packageFolder, 'templates/service');

/** npm leaves files of these names out of a package, or reads them as its own. */
const realNames: Readonly<Record<string, string>> = {
  '_package.json': 'package.json',
  _gitignore: '.gitignore',
  _dockerignore: '.dockerignore',
};

/** How the new package names what it needs: version ranges, or `file:` addresses of tarballs. */
export interface Needed {
  readonly kit: string;
  readonly cli: string;
}

export interface NewFile {
  /** Below the folder of the service. */
  readonly path: string;
  readonly text: string;
}

interface Package {
  readonly version: string;
  readonly dependencies: Readonly<Record<'express', string>>;
}

/** This package: what is made fits the kit that it was tested with. */
export function ownPackage(): Package {
  return JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as Package;
}

/**
 * All files of a new service, in memory: nothing is written before each of them is there.
 * @throws UsageError where the templates are missing.
 */
export function serviceFiles(name: string, needed: Needed, from = templates): readonly NewFile[] {
  // The image leaves them out.
  if (!existsSync(from))
    throw new UsageError(
      `There are no templates in this installation: run npx @selfcheer/exporter@${ownPackage().version} new ${name}`,
    );
  const entries = readdirSync(from, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const folder = relative(from, entry.parentPath);
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8').replaceAll('SERVICE-NAME', name);
      const path = join(folder, realNames[entry.name] ?? entry.name)
        .split(sep)
        .join('/');
      return { path, text: path === 'package.json' ? withNeeded(text, needed) : text };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function withNeeded(text: string, { kit, cli }: Needed): string {
  const { express } = ownPackage().dependencies;
  const made = {
    ...(JSON.parse(text) as object),
    dependencies: { '@selfcheer/cheer-kit': kit, express },
    devDependencies: { '@selfcheer/exporter': cli },
  };
  return `${JSON.stringify(made, null, 2)}\n`;
}
