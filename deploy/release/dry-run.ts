import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../../e2e/helpers/commands';
import { sectionOf, unreleased } from './changelog';
import { packChart, requireHelm } from './chart-package';
import { ReleaseFolder, sha256Of } from './folder';
import { releaseNotes } from './notes';
import { packNpmPackages } from './npm-packages';
import type { DryOptions } from './options';
import { places } from './places';
import { packPlugin } from './plugin-package';
import { type Project, projectIn, ReleaseError, root, UsageError } from './project';
import { proveInstalled } from './proof';
import { sbomOf } from './sbom';
import { checkVersions, releaseVersion } from './versions';

const buildMs = 600_000;
const imageScript = 'build-images.sh';

/** What is told while it goes on, and where helm is looked for. */
export interface Surroundings {
  readonly say: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires when it shall stop: what was made of the folder goes. */
  readonly stop: AbortSignal;
}

/** Makes a release in a folder and publishes nothing of it. @throws UsageError, ReleaseError, or what a tool said */
export async function dryRun(options: DryOptions, { say, env, stop }: Surroundings): Promise<void> {
  const project = projectIn(root);
  const version = releaseVersion(project);
  const checks: string[] = [];
  const step = async <T>(what: string, work: () => Promise<T>, proof?: (made: T) => string): Promise<T> => {
    stop.throwIfAborted();
    const began = performance.now();
    const made = await work().catch((error: Error) => {
      if (error instanceof ReleaseError || error instanceof UsageError) throw error;
      throw new ReleaseError(`${what}: ${error.message}`, { cause: error });
    });
    if (proof) checks.push(proof(made));
    say(`  ${what.padEnd(44)} ${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s\n`);
    return made;
  };

  say(`Selfcheer ${version}\n`);
  const withTools = { PATH: `${path.join(root, '.cache/bin')}${path.delimiter}${env['PATH'] ?? ''}` };
  const notReady = await step('versions, changelog, tools', async () => {
    await requireHelm(withTools);
    return readiness(project, options);
  });
  checks.push(
    `${new Set(places.map(({ file }) => file)).size} files state version ${version}, and none another`,
  );
  const folder = new ReleaseFolder(path.resolve(root, options.out));
  const discard = (): void => folder.discard();
  stop.addEventListener('abort', discard, { once: true });
  try {
    if (!options.built) {
      await step('build', () => runCommand('npm', ['run', '--silent', 'build'], { cwd: root }, buildMs));
      await step('build of the panel', () =>
        runCommand('npm', ['run', '--silent', 'plugin:build'], { cwd: root }, buildMs),
      );
    }
    const packages = await step('npm packages', () => packNpmPackages(folder.path));
    const tarball = (name: string): string =>
      path.join(folder.path, packages.find((packed) => packed.name === name)?.filename ?? name);
    const plugin = await step(
      'panel',
      () => packPlugin(folder.path, version),
      () => 'the panel is what Grafana takes: `grafana-plugin/scripts/validate.ts`',
    );
    await step(
      'chart',
      () => packChart(folder.path, version, withTools),
      (name) => `\`helm lint --strict\`; ${name} renders, and runs images ${version}`,
    );
    const subjects = [
      {
        name: 'cheer-kit',
        folder: root,
        workspace: 'cheer-kit',
        type: 'library',
        file: tarball('@selfcheer/cheer-kit'),
      },
      {
        name: 'exporter',
        folder: root,
        workspace: 'exporter',
        type: 'application',
        file: tarball('@selfcheer/exporter'),
      },
      {
        name: 'cheermeter-panel',
        folder: path.join(root, 'grafana-plugin'),
        type: 'library',
        file: path.join(folder.path, plugin),
      },
    ] as const;
    for (const { name, file, ...subject } of subjects)
      await step(
        `SBOM of ${name}`,
        async () => {
          const text = await sbomOf({ ...subject, sha256: sha256Of(file) });
          folder.write(`selfcheer-${name}-${version}.cdx.json`, text);
          return (JSON.parse(text) as { components: unknown[] }).components.length;
        },
        (components) =>
          `SBOM of ${name}: valid CycloneDX 1.5, ${components} components, none for development only`,
      );
    await step(
      'installed in an empty folder',
      () => proveInstalled([tarball('@selfcheer/cheer-kit'), tarball('@selfcheer/exporter')], version),
      () =>
        'both npm packages, in an empty folder: version, scaffold, an event taken, published and read, a clean drain',
    );
    copyFileSync(path.join(root, 'deploy/release', imageScript), path.join(folder.path, imageScript));
    const changelog = project.read('CHANGELOG.md');
    const changes = unreleased(changelog) ?? sectionOf(changelog, version) ?? '';
    const source = await sourceInWords();
    const notes = { version, changes, source, files: folder.files(), checks, notReady };
    folder.write('RELEASE_NOTES.md', releaseNotes(notes));
    stop.throwIfAborted();
    const files = folder.files().length;
    folder.finish();
    say(`${files} files and their sums are in ${options.out}.\n`);
    if (notReady.length > 0)
      say(`A rehearsal, and no release:\n${notReady.map((line) => `  ${line}\n`).join('')}`);
  } finally {
    stop.removeEventListener('abort', discard);
    folder.discard();
  }
}

/** Why this can be a rehearsal only. @throws ReleaseError when it can't be one, or has to be more. */
async function readiness(project: Project, { final }: DryOptions): Promise<readonly string[]> {
  const { problems, notReady } = checkVersions(project);
  const changed = await git('status', '--porcelain');
  const all = [
    ...notReady,
    ...(changed === undefined ? ['this is no checkout of git'] : []),
    ...(changed ? [`${changed.split('\n').length} files are not committed`] : []),
  ];
  const wrong = final ? [...problems, ...all] : problems;
  if (wrong.length > 0) throw new ReleaseError(wrong.join('\n'));
  return all;
}

async function sourceInWords(): Promise<string> {
  const commit = await git('rev-parse', 'HEAD');
  if (commit === undefined) return 'Made outside of a checkout.';
  return `Made of commit ${commit}${(await git('status', '--porcelain')) ? ', with changes that are not committed' : ''}.`;
}

/** What git says; undefined without it, or outside of a checkout. */
async function git(...args: readonly string[]): Promise<string | undefined> {
  return runCommand('git', args, { cwd: root }).then(
    (text) => text.trim(),
    () => undefined,
  );
}
