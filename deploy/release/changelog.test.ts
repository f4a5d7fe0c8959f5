import fc from 'fast-check';
import { nameRelease, sectionOf, unreleased } from './changelog';

const changelog = `# Changelog

Notable changes.

## Unreleased

### Added

- More.

## 1.10.0 (2026-02-03)

- Ten.

## 1.1.0

- One.
`;

test.each([
  ['1.10.0', '- Ten.'],
  ['1.1.0', '- One.'],
  ['1.1', undefined],
  ['1.0.0', undefined],
])('the section of %s', (version, text) => {
  expect(sectionOf(changelog, version)).toBe(text);
});

test('what is unreleased, if anything', () => {
  expect(unreleased(changelog)).toBe('### Added\n\n- More.');
  expect(unreleased(changelog.replace(/### Added\n\n- More.\n/, ''))).toBeUndefined();
});

test('it becomes the section of a version', () => {
  expect(nameRelease(changelog, '2.0.0', '2026-03-04', 'Nothing.')).toBe(
    changelog.replace('## Unreleased', '## 2.0.0 (2026-03-04)'),
  );
});

test.each([
  ['an empty section', changelog.replace('### Added\n\n- More.\n\n', '')],
  ['no section', changelog.replace('## Unreleased\n\n### Added\n\n- More.\n\n', '')],
])('where nothing is unreleased (%s), the new section comes first and says so', (_, text) => {
  expect(nameRelease(text, '2.0.0', '2026-03-04', 'Nothing.')).toBe(
    changelog.replace(/## Unreleased[^]*?(?=## 1)/, '## 2.0.0 (2026-03-04)\n\nNothing.\n\n'),
  );
});

test('a changelog with nothing in it gets its first section', () => {
  expect(nameRelease('# Changelog\n', '1.0.0', '2026-03-04', 'First.')).toBe(
    '# Changelog\n\n## 1.0.0 (2026-03-04)\n\nFirst.\n',
  );
});

test('naming a release loses no line, and a second time changes nothing', () => {
  const line = fc.stringMatching(/^- [a-z$&]{1,8}$/);
  const titles = fc.uniqueArray(fc.constantFrom('Unreleased', '0.1.0', '0.2.0', '0.2.1'));
  fc.assert(
    fc.property(titles, fc.array(line, { minLength: 1, maxLength: 3 }), (sections, lines) => {
      const text = `# Changelog\n${sections.map((title) => `\n## ${title}\n\n${lines.join('\n')}\n`).join('')}`;
      const named = nameRelease(text, '1.0.0', '2026-03-04', 'Nothing.');
      const kept = lines.every((one) => named.split(one).length === text.split(one).length);
      expect([kept, sectionOf(named, '1.0.0') !== undefined]).toEqual([true, true]);
      expect(nameRelease(named, '1.0.0', '2026-03-05', 'Nothing.')).toBe(named);
    }),
  );
});
