import { sectionOf } from './changelog';
import { places } from './places';
import { type Project, projectIn, root, UsageError } from './project';
import { setVersion } from './set-version';
import { checkVersions, releaseVersion } from './versions';

const own = projectIn(root);
const version = releaseVersion(own);

/** The project itself, with some files changed in memory. */
function changed(files: Readonly<Record<string, string>> = {}): Project & { files: Record<string, string> } {
  const copy = { ...files };
  return {
    files: copy,
    read: (file) => copy[file] ?? own.read(file),
    write: (file, text) => (copy[file] = text),
  };
}

const asReleased = { 'CHANGELOG.md': `# Changelog\n\n## ${version} (2026-01-01)\n\n- All of it.\n` };

test('this project states one version', () => {
  expect(checkVersions(own).problems).toEqual([]);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test.each(places.slice(1).map((place) => [`${place.file}: ${place.what}`, place] as const))(
  'another one is found and told: %s',
  (_, place) => {
    const text = place.set(own.read(place.file), '9.9.9');
    const { problems } = checkVersions(changed({ ...asReleased, [place.file]: text }));
    const remedy = place.madeBy ?? `npm run release:version ${version}`;
    expect(problems).toEqual([`${place.file}: ${place.what} is 9.9.9, the release is ${version}: ${remedy}`]);
  },
);

test('the root package leads: when it differs, all others do', () => {
  const text = own.read('package.json').replace(`"${version}"`, '"9.9.9"');
  const { problems } = checkVersions(changed({ 'package.json': text }));
  expect(problems.filter((problem) => problem.includes('the release is 9.9.9'))).toHaveLength(
    places.length - 1,
  );
});

test.each([
  ['package.json', `"version": "${version}"`, '"version": "1.2"', /"1\.2" is no version like 1\.2\.3/],
  ['deploy/chart/selfcheer/Chart.yaml', /^appVersion.*$/m, '', /Chart\.yaml: appVersion states no version/],
  [
    'exporter/package.json',
    `"@selfcheer/cheer-kit": "${version}"`,
    `"@selfcheer/cheer-kit": "^${version}"`,
    /is \^/,
  ],
  [
    'grafana-plugin/src/plugin.json',
    '%VERSION%',
    version,
    /plugin\.json: info\.version is .* has to be %VERSION%/,
  ],
  ['grafana-plugin/src/plugin.json', '%TODAY%', '2026-01-01', /info\.updated is "2026-01-01"/],
  ['grafana-plugin/CHANGELOG.md', `## ${version}`, '## 0.0.1', /there is no section "## /],
  ['CHANGELOG.md', '## Unreleased', '## 0.0.1', /neither a section "## .*" nor one "## Unreleased"/],
])('%s without %s', (file, from, to, problem) => {
  const { problems } = checkVersions(changed({ [file]: own.read(file).replace(from, to) }));
  expect(problems).toEqual([expect.stringMatching(problem)]);
});

test('unreleased changes make it a rehearsal; a section of the version makes it a release', () => {
  const open = { 'CHANGELOG.md': `# Changelog\n\n## Unreleased\n\n- More.\n\n## ${version}\n\n- All.\n` };
  expect(checkVersions(changed(open))).toEqual({
    problems: [],
    notReady: [expect.stringContaining('there are unreleased changes')],
  });
  expect(checkVersions(changed(asReleased))).toEqual({ problems: [], notReady: [] });
});

test('a version is set everywhere, and what was unreleased is named after it', () => {
  const project = changed({ 'CHANGELOG.md': '# Changelog\n\n## Unreleased\n\n- More.\n' });
  const written = setVersion(project, '3.4.5', '2026-02-03');
  expect(checkVersions(project).problems.filter((problem) => !problem.includes('deploy:generate'))).toEqual(
    [],
  );
  expect(releaseVersion(project)).toBe('3.4.5');
  expect(project.files['CHANGELOG.md']).toBe('# Changelog\n\n## 3.4.5 (2026-02-03)\n\n- More.\n');
  expect(sectionOf(project.read('grafana-plugin/CHANGELOG.md'), '3.4.5')).toBe('The panel is unchanged.');
  expect(written).toContain('docker-compose.yml');
  // Once more changes nothing.
  expect(setVersion(project, '3.4.5', '2026-02-04')).toEqual([]);
});

test('setting it changes nothing else in the files', () => {
  const project = changed();
  setVersion(project, '3.4.5', '2026-02-03');
  for (const [file, text] of Object.entries(project.files).filter(
    ([name]) => !name.endsWith('CHANGELOG.md'),
  )) {
    const before = own.read(file).split('\n');
    const lines = text.split('\n');
    expect([file, lines.length]).toEqual([file, before.length]);
    const other = lines.filter((line, n) => line !== before[n] && !line.includes('3.4.5'));
    expect([file, other]).toEqual([file, []]);
  }
});

test.each(['1.2', 'v1.2.3', '1.2.3+4', ''])('%j is no version', (wrong) => {
  expect(() => setVersion(changed(), wrong, '2026-02-03')).toThrow(UsageError);
});
