import type { ReleaseFile } from './folder';

export interface Notes {
  readonly version: string;
  /** The section of the changelog. */
  readonly changes: string;
  /** What was made of which commit, in words. */
  readonly source: string;
  readonly files: readonly ReleaseFile[];
  /** What was checked, and went well. */
  readonly checks: readonly string[];
  /** Why this is a rehearsal only; empty for a release. */
  readonly notReady: readonly string[];
}

/** What a file of a release is, by its name. */
const kinds: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^selfcheer-cheer-kit-.*\.tgz$/, 'npm package @selfcheer/cheer-kit'],
  [/^selfcheer-exporter-.*\.tgz$/, 'npm package @selfcheer/exporter, with the command `selfcheer`'],
  [/^selfcheer-cheermeter-panel-.*\.zip$/, 'panel for Grafana, unsigned'],
  [/\.cdx\.json$/, 'what it consists of (SBOM, CycloneDX 1.5)'],
  [/^selfcheer-\d.*\.tgz$/, 'Helm chart'],
  [/\.sh$/, 'builds the images, from a checkout of this version'],
];

/** Release notes as Markdown. */
export function releaseNotes({ version, changes, source, files, checks, notReady }: Notes): string {
  const rows = files.map(
    ({ name, bytes }) => `| ${name} | ${kindOf(name)} | ${(bytes / 1024).toFixed(0)} KiB |`,
  );
  return (
    [
      `# Selfcheer ${version}`,
      ...(notReady.length === 0 ? [] : ['**A rehearsal, and no release:**', bullets(notReady)]),
      // Its links lead into the checkout, which the notes are read without.
      changes.replaceAll(/^#(?=##)/gm, '').replaceAll(/\[([^\]]*)\]\((?!https?:)[^)]*\)/g, '$1'),
      '## Files',
      ['| file | what it is | size |', '| --- | --- | --- |', ...rows].join('\n'),
      'Images: `ghcr.io/selfcheer/exporter` and `ghcr.io/selfcheer/sidecar`, by `build-images.sh`. Whether all files came ' +
        'through: `sha256sum --check SHA256SUMS`.',
      '## Checked',
      bullets(checks),
      source,
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function kindOf(name: string): string {
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}
