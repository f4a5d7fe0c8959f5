import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { messageOf, SelfcheerError, UsageError } from '../errors';
import { addExamples, type CliContext } from './context';
import { write } from './io';
import { ownPackage, serviceFiles, type Needed, type NewFile } from './new-files';

interface Flags {
  readonly dir?: string;
  readonly packages?: string;
}

/** Grafana takes no longer addresses of dashboards; Helm takes 53, Kubernetes 63. */
const longestName = 40;

export function addNewCommand(program: Command, context: CliContext): void {
  const command = program
    .command('new')
    .description('Make a new service that uses cheer-kit: code, test, image, chart, SLOs and dashboard')
    .argument('<name>', `of the service: a-z, 0-9 and -, a letter first, up to ${longestName}`)
    .option('--dir <dir>', 'an empty or new folder for it (default: one with its name, here)')
    .option(
      '--packages <dir>',
      "a folder with the tarballs of Selfcheer's npm packages, to take them from instead of the registry",
    )
    .action((name: string, flags: Flags) => make(name, flags, context));
  addExamples(
    command,
    'selfcheer new shop && cd shop && npm install && npm test && npm start',
    'selfcheer new shop --dir services/shop',
  );
}

async function make(name: string, { dir = name, packages }: Flags, { io }: CliContext): Promise<void> {
  checkName(name);
  const folder = resolve(io.cwd, dir);
  const files = serviceFiles(name, neededFor(folder, packages, io.cwd));
  await checkFolder(folder, dir);
  await writeAll(folder, files);
  const there = relative(io.cwd, folder);
  await write(
    io.stdout,
    [
      `${name} is in ${there === '' ? 'this folder' : there}: ${files.length} files.`,
      '',
      ...(there === '' ? [] : [`  cd ${there}`]),
      '  npm install',
      '  npm test',
      '  npm start            # http://127.0.0.1:8080/items/7, metrics and cheer on http://127.0.0.1:9464',
      '  npm run page         # in a second terminal: the live page on http://127.0.0.1:9465',
      '',
      'README.md says what to change first.',
      '',
    ].join('\n'),
  );
}

/** What npm, Kubernetes, Helm and Prometheus all take. @throws UsageError */
function checkName(name: string): void {
  const problem =
    name.length > longestName
      ? `it has ${name.length} characters, and Grafana takes ${longestName}`
      : /[^a-z0-9-]/.test(name)
        ? 'only a-z, 0-9 and - may be in it'
        : !/^[a-z]/.test(name)
          ? 'it must begin with a letter'
          : name.endsWith('-')
            ? 'it must not end with -'
            : undefined;
  if (problem !== undefined) {
    throw new UsageError(
      `${JSON.stringify(name)} can't name a service: ${problem}. Take one such as shop-api.`,
    );
  }
}

/** @throws UsageError when a tarball is not there */
function neededFor(folder: string, packages: string | undefined, cwd: string): Needed {
  const { version } = ownPackage();
  if (packages === undefined) return { kit: `^${version}`, cli: `^${version}` };
  const tarball = (name: string): string => {
    const file = resolve(cwd, packages, `selfcheer-${name}-${version}.tgz`);
    if (!existsSync(file)) {
      throw new UsageError(
        `${file} is not there. In the repository of Selfcheer, npm pack --workspaces --pack-destination DIR makes it.`,
      );
    }
    return `file:${relative(folder, file).split(sep).join('/')}`;
  };
  return { kit: tarball('cheer-kit'), cli: tarball('exporter') };
}

/** @throws UsageError when anything but a fresh repository is there */
async function checkFolder(folder: string, named: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new UsageError(`${named} can't be used: ${messageOf(error)}`, { cause: error });
  }
  const own = entries.filter((entry) => entry !== '.git');
  if (own.length > 0) {
    throw new UsageError(
      `${named} is not empty (${own[0]}), so nothing was written. Name another with --dir.`,
    );
  }
}

/** All or nothing: what was written goes again when something can't be. */
async function writeAll(folder: string, files: readonly NewFile[]): Promise<void> {
  const made: string[] = [];
  try {
    for (const { path, text } of files) {
      const file = join(folder, path);
      const first = await mkdir(dirname(file), { recursive: true });
      if (first !== undefined) made.push(first);
      // `wx`: somebody else's file is never overwritten, whoever was faster.
      await writeFile(file, text, { flag: 'wx' });
      made.push(file);
    }
  } catch (error) {
    for (const path of made.reverse()) await rm(path, { recursive: true, force: true });
    throw new SelfcheerError('new_unwritten', `Can't write the service: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
