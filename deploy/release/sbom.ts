import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { runCommand } from '../../e2e/helpers/commands';
import { ReleaseError } from './project';

interface Component {
  'bom-ref': string;
  name: string;
  purl: string;
  hashes?: { alg: string; content: string }[];
  readonly [member: string]: unknown;
}

interface Links {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

/** What is used here of a bill of materials in CycloneDX 1.5. */
export interface Bom {
  readonly metadata: { component: Component; readonly [member: string]: unknown };
  components: Component[];
  dependencies: Links[];
  readonly [member: string]: unknown;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface SbomSubject {
  /** A folder with a package-lock.json. */
  readonly folder: string;
  /** One of its workspaces; the package of the folder itself when absent. */
  readonly workspace?: string;
  readonly type: 'application' | 'library';
  /** SHA-256 of what is released of it, in hexadecimal. */
  readonly sha256: string;
}

/**
 * What a package and everything below it consists of, by its lockfile, as CycloneDX 1.5 (https://cyclonedx.org): without
 * what only its development needs. @throws ReleaseError when it is not valid, or not whole.
 */
export async function sbomOf(subject: SbomSubject): Promise<string> {
  const { folder, workspace = '', type, sha256 } = subject;
  const manifest = read<Manifest>(path.join(folder, workspace, 'package.json'));
  const copy = mkdtempSync(path.join(tmpdir(), 'selfcheer-sbom-'));
  try {
    copyWithoutDevelopment(folder, copy);
    const chosen = workspace === '' ? [] : ['--workspace', workspace];
    const options = [
      '--sbom-format',
      'cyclonedx',
      '--sbom-type',
      type,
      '--package-lock-only',
      '--loglevel=error',
    ];
    const told = await runCommand('npm', ['sbom', ...options, ...chosen], { cwd: copy });
    const bom = rooted(JSON.parse(told) as Bom, manifest, type);
    bom.metadata.component.hashes = [{ alg: 'SHA-256', content: sha256 }];
    const text = `${JSON.stringify(bom, null, 2)}\n`;
    const problems = [
      ...(await schemaProblems(text)),
      ...gapsIn(bom, Object.keys(manifest.dependencies ?? {})),
    ];
    if (problems.length > 0)
      throw new ReleaseError(`the SBOM of ${manifest.name} is wrong: ${problems.join('; ')}`);
    return text;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Its manifests and its lockfile. Without the dependencies of the development: `--omit dev` of npm leaves out all that
 * the root names as such, also where a workspace needs the same package at work.
 */
function copyWithoutDevelopment(from: string, to: string): void {
  const root = read<Manifest & { devDependencies?: unknown }>(path.join(from, 'package.json'));
  const lock = read<{ packages: Record<string, { devDependencies?: unknown }> }>(
    path.join(from, 'package-lock.json'),
  );
  delete root.devDependencies;
  delete lock.packages['']?.devDependencies;
  writeFileSync(path.join(to, 'package.json'), JSON.stringify(root));
  writeFileSync(path.join(to, 'package-lock.json'), JSON.stringify(lock));
  for (const workspace of root.workspaces ?? []) {
    mkdirSync(path.join(to, workspace), { recursive: true });
    cpSync(path.join(from, workspace, 'package.json'), path.join(to, workspace, 'package.json'));
  }
}

/** npm describes the folder that it ran in; this describes the package, by its name and not by that of its folder. */
function rooted(bom: Bom, { name, version }: Manifest, type: string): Bom {
  const ref = `${name}@${version}`;
  const { component: outer } = bom.metadata;
  const own = [outer, ...bom.components].find((component) => component['bom-ref'] === ref);
  if (own === undefined) throw new ReleaseError(`npm sbom does not know ${ref}: npm install`);
  // npm 10 describes once more what is installed in two places.
  const unique = new Map(bom.components.map((component) => [component['bom-ref'], component]));
  unique.delete(ref);
  const links = new Map<string, Set<string>>();
  for (const { ref: from, dependsOn = [] } of bom.dependencies)
    links.set(from, new Set([...(links.get(from) ?? []), ...dependsOn]));
  if (outer['bom-ref'] !== ref) links.delete(outer['bom-ref']);
  return {
    ...bom,
    metadata: { ...bom.metadata, component: { ...own, name, type } },
    components: [...unique.values()].map((component) => ({
      ...component,
      name: nameIn(component['bom-ref']),
    })),
    dependencies: [...links].map(([from, to]) => ({ ref: from, dependsOn: [...to] })),
  };
}

function nameIn(ref: string): string {
  return ref.slice(0, ref.lastIndexOf('@'));
}

/** What the links of a bill of materials lack: direct dependencies, components, or a way to one. */
export function gapsIn(bom: Bom, dependencies: readonly string[]): readonly string[] {
  const root = bom.metadata.component['bom-ref'];
  const known = new Set([root, ...bom.components.map((component) => component['bom-ref'])]);
  const links = new Map(bom.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn] as const));
  const reached = new Set([root]);
  for (const ref of reached) for (const next of links.get(ref) ?? []) reached.add(next);
  const direct = (links.get(root) ?? []).map(nameIn);
  return [
    ...dependencies.filter((name) => !direct.includes(name)).map((name) => `${name} is missing`),
    ...[...reached].filter((ref) => !known.has(ref)).map((ref) => `${ref} is named, and not described`),
    ...[...known].filter((ref) => !reached.has(ref)).map((ref) => `nothing needs ${ref}`),
  ];
}

/** What the schema of CycloneDX has against a document. */
export async function schemaProblems(text: string): Promise<readonly string[]> {
  const wrong: unknown = await new Validation.JsonStrictValidator(Spec.Version.v1dot5).validate(text);
  return wrong === null ? [] : [JSON.stringify(wrong)];
}

function read<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
