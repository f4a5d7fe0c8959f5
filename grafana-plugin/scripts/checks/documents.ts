import { type Check, pluginText, when } from './check';
import { metadataOf } from './metadata';

/** Words for those who develop a plugin, not for those who install it. */
const jargon = /\b(yarn|npm|nodejs|webpack|docker-compose up)\b/gi;
const markdownLinks = /\[[^\]]*\]\(([^)\s]+)[^)]*\)/g;

const readme: Check = {
  name: 'readme',
  run: (submission) => {
    const text = pluginText(submission, 'README.md')?.trim();
    if (!text) {
      return ['README.md is missing, or empty.'];
    }
    const links = [...text.matchAll(markdownLinks)].map(([, link = '']) => link);
    return [
      ...when(!text.startsWith('# '), 'README.md has to begin with a heading.'),
      ...when(text.includes('<!--'), 'README.md has a comment, which the catalogue shows.'),
      ...when(/plugin template/i.test(text), 'README.md is that of the template.'),
      ...when(text.split(/\s+/).length < 150, 'README.md says too little of what the panel is and how it is used.'),
      ...links
        .filter((link) => !/^(https:\/\/|mailto:|#)/.test(link))
        .map((link) => `README.md: the link "${link}" leads nowhere in the catalogue; it has to begin with https://.`),
      ...[...text.matchAll(jargon)].map(([word]) => `README.md: "${word}" is a word for developers.`),
    ];
  },
};

const changelog: Check = {
  name: 'changelog',
  run: (submission) => {
    const text = pluginText(submission, 'CHANGELOG.md');
    const version = metadataOf(submission)?.info?.version;
    if (!text?.trim()) {
      return ['CHANGELOG.md is missing, or empty.'];
    }
    const headings = [...text.matchAll(/^## +\[?([^\]\s]+)/gm)].map(([, heading]) => heading);
    return when(headings[0] !== version, `CHANGELOG.md begins with ${headings[0]}, and not with version ${version}.`);
  },
};

const license: Check = {
  name: 'license',
  run: (submission) => {
    const text = pluginText(submission, 'LICENSE');
    if (!text) {
      return ['LICENSE is missing.'];
    }
    return [
      ...when(
        !/Apache License\s+Version 2\.0/.test(text),
        'LICENSE is not the Apache License 2.0 that package.json names.'
      ),
      ...when(
        /\{(yyyy|name of copyright owner)\}|\[(yyyy|name of copyright owner)\]/.test(text),
        'LICENSE has gaps that nobody has filled.'
      ),
    ];
  },
};

export const documentChecks: readonly Check[] = [readme, changelog, license];
