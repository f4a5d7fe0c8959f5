import { nameRelease } from './changelog';
import { places } from './places';
import { type Project, UsageError } from './project';
import { isVersion } from './versions';

/**
 * Writes a version into every place that states one by hand, and names what is unreleased after it. Resolves with the
 * files that were changed. @throws UsageError
 */
export function setVersion({ read, write }: Project, version: string, date: string): readonly string[] {
  if (!isVersion(version)) throw new UsageError(`"${version}" is no version like 1.2.3`);
  const changes: (readonly [file: string, change: (text: string) => string])[] = [
    ...places
      .filter(({ madeBy }) => madeBy === undefined)
      .map(({ file, set }) => [file, (text: string) => set(text, version)] as const),
    ['CHANGELOG.md', (text) => nameRelease(text, version, date, 'Nothing that is noted here.')],
    ['grafana-plugin/CHANGELOG.md', (text) => nameRelease(text, version, date, 'The panel is unchanged.')],
  ];
  const changed = new Set<string>();
  for (const [file, change] of changes) {
    const before = read(file);
    const after = change(before);
    if (after === before) continue;
    write(file, after);
    changed.add(file);
  }
  return [...changed];
}
