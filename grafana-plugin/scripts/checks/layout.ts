import { digest } from '../archive';
import { type Check, folderOf, pluginFiles, when } from './check';
import { metadataOf } from './metadata';

/** What a panel's archive holds, and nothing else. */
const expected = [
  /^plugin\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^module\.js(\.map)?$/,
  /^\d+\.js(\.map)?$/,
];
const pictures = /^img\/[\w.-]+\.(svg|png|jpg|gif)$/;

const layout: Check = {
  name: 'layout',
  run: (submission) => {
    const { files } = submission;
    const folders = new Set([...files.keys()].map((name) => name.split('/')[0]));
    const id = metadataOf(submission)?.id;
    return [
      ...when(files.size === 0, 'The archive is empty.'),
      ...when(folders.size > 1, `The archive has ${folders.size} entries at the top, and not one folder.`),
      ...when(id !== undefined && folderOf(submission) !== id, `The folder at the top has to be named "${id}".`),
      ...[...files.keys()]
        .filter((name) => name.startsWith('/') || name.includes('\\') || name.split('/').includes('..'))
        .map((name) => `"${name}" leads out of the archive.`),
    ];
  },
};

const contents: Check = {
  name: 'contents',
  run: (submission) =>
    [...pluginFiles(submission).keys()]
      .filter((name) => !pictures.test(name) && !expected.some((pattern) => pattern.test(name)))
      .map((name) => `"${name}" has no business in the archive of a panel.`),
};

const archiveName: Check = {
  name: 'archive-name',
  run: (submission) => {
    const metadata = metadataOf(submission);
    const name = `${metadata?.id}-${metadata?.info?.version}.zip`;
    return when(submission.archive !== name, `The archive has to be named ${name}, not ${submission.archive}.`);
  },
};

const checksums: Check = {
  name: 'checksums',
  run: ({ archive, zip, checksums: written }) =>
    (['sha1', 'sha256'] as const).flatMap((algorithm) =>
      when(
        written.get(algorithm) !== `${digest(algorithm, zip)}  ${archive}\n`,
        `${archive}.${algorithm} is missing, or is not the checksum of the archive.`
      )
    ),
};

export const layoutChecks: readonly Check[] = [layout, contents, archiveName, checksums];
