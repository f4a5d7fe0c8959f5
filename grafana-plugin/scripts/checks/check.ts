import { type Files, textOf } from '../archive';

/** What is checked: an archive as it would be handed in, and the sources that it says it is made of. */
export interface Submission {
  /** Name of the archive's file. */
  readonly archive: string;
  /** Everything in the archive, by path. */
  readonly files: Files;
  /** Contents of the files beside the archive that hold its checksums, by algorithm. */
  readonly checksums: ReadonlyMap<'sha1' | 'sha256', string>;
  readonly zip: Uint8Array;
  /** The version in package.json. */
  readonly packageVersion: string;
  /** Text of a file below src/, undefined when there is none. */
  readonly source: (file: string) => string | undefined;
}

/** Says what is wrong, a sentence each; nothing when all is well. */
export interface Check {
  readonly name: string;
  readonly run: (submission: Submission) => string[];
}

/** The folder at the top of the archive; that of the first file where there are more. */
export function folderOf({ files }: Submission): string {
  const [first = ''] = files.keys();
  return first.split('/')[0] ?? '';
}

/** The files of the plugin, by their path below the folder at the top. */
export function pluginFiles(submission: Submission): Files {
  const prefix = `${folderOf(submission)}/`;
  return new Map(
    [...submission.files]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, bytes]) => [name.slice(prefix.length), bytes])
  );
}

export function pluginText(submission: Submission, name: string): string | undefined {
  return textOf(pluginFiles(submission), name);
}

/** A finding when the condition holds. */
export function when(condition: boolean, finding: string): string[] {
  return condition ? [finding] : [];
}
