const unreleasedTitle = 'Unreleased';

/**
 * The text below the heading of a version (`## 1.2.3`, with or without a date behind it), or below `## Unreleased`;
 * undefined without such a heading, or with nothing below it.
 */
export function sectionOf(changelog: string, title: string): string | undefined {
  const [, section = ''] =
    changelog.split(/^## /m).flatMap((part) => (headed(part, title) ? [part, part] : [])) ?? [];
  const [, ...lines] = section.split('\n');
  const text = lines.join('\n').trim();
  return text === '' ? undefined : text;
}

export function unreleased(changelog: string): string | undefined {
  return sectionOf(changelog, unreleasedTitle);
}

/**
 * What is unreleased becomes the section of a version, with its date. Where nothing is: a section that says so by
 * `otherwise`. Unchanged when the version has a section.
 */
export function nameRelease(changelog: string, version: string, date: string, otherwise: string): string {
  if (sectionOf(changelog, version) !== undefined) return changelog;
  const heading = `## ${version} (${date})\n`;
  if (unreleased(changelog) !== undefined) return changelog.replace(/^## Unreleased *\n/m, () => heading);
  const rest = changelog.replace(/^## Unreleased *\n+/m, '');
  const first = rest.search(/^## /m);
  const [before, after] =
    first < 0 ? [`${rest.trimEnd()}\n\n`, ''] : [rest.slice(0, first), rest.slice(first)];
  return `${before}${heading}\n${otherwise}\n${after === '' ? '' : `\n${after}`}`;
}

function headed(part: string, title: string): boolean {
  const [heading = ''] = part.split('\n');
  return heading.trim() === title || heading.startsWith(`${title} `);
}
