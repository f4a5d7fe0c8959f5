import { sectionOf, unreleased } from './changelog';
import { leading, places } from './places';
import type { Project } from './project';

const semantic = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

export function isVersion(text: string): boolean {
  return semantic.test(text);
}

/** The version of the release: that of the root package. */
export function releaseVersion({ read }: Project): string {
  return leading.find(read(leading.file))[0] ?? '';
}

export interface Found {
  /** Each says where, what stands there, and what to do. Nothing may be packed as long as there is one. */
  readonly problems: readonly string[];
  /** What a dry run may leave so, and a release may not. */
  readonly notReady: readonly string[];
}

/** Whether everything that states a version states that of the release. */
export function checkVersions(project: Project): Found {
  const version = releaseVersion(project);
  if (!isVersion(version)) {
    const problem = `package.json: "${version}" is no version like 1.2.3: npm run release:version 1.2.3 sets it everywhere`;
    return { problems: [problem], notReady: [] };
  }
  const problems = [
    ...places.flatMap(({ file, what, find, madeBy }) => {
      const found = find(project.read(file));
      const remedy = madeBy ?? `npm run release:version ${version}`;
      if (found.length === 0)
        return [`${file}: ${what} states no version: ${remedy} needs one there to change`];
      return [...new Set(found)]
        .filter((one) => one !== version)
        .map((one) => `${file}: ${what} is ${one}, the release is ${version}: ${remedy}`);
    }),
    ...placeholderProblems(project),
  ];
  const { problems: unnamed, notReady } = checkChangelogs(project, version);
  return { problems: [...problems, ...unnamed], notReady };
}

/** Grafana's tools put version and date into the built one: a version in the source would be an old one some day. */
function placeholderProblems({ read }: Project): readonly string[] {
  const file = 'grafana-plugin/src/plugin.json';
  const { info } = JSON.parse(read(file)) as { info: Readonly<Record<string, unknown>> };
  const wanted = { version: '%VERSION%', updated: '%TODAY%' };
  return Object.entries(wanted).flatMap(([name, placeholder]) =>
    info[name] === placeholder
      ? []
      : [
          `${file}: info.${name} is ${JSON.stringify(info[name])}: it has to be ${placeholder}, which the build replaces`,
        ],
  );
}

function checkChangelogs({ read }: Project, version: string): Found {
  const text = read('CHANGELOG.md');
  const section = sectionOf(text, version);
  const rest = unreleased(text);
  const problems: string[] = [];
  const notReady: string[] = [];
  if (section === undefined && rest === undefined)
    problems.push(
      `CHANGELOG.md: there is neither a section "## ${version}" nor one "## Unreleased": say what has changed`,
    );
  else if (rest !== undefined)
    notReady.push(
      `CHANGELOG.md: there are unreleased changes: npm run release:version names them after a version`,
    );
  // Grafana shows it with the plugin.
  if (sectionOf(read('grafana-plugin/CHANGELOG.md'), version) === undefined)
    problems.push(
      `grafana-plugin/CHANGELOG.md: there is no section "## ${version}": npm run release:version ${version}`,
    );
  return { problems, notReady };
}
