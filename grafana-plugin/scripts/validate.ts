/** Checks artifacts/<id>-<version>.zip, or the archive that is named, before it is published. Ends with 1 on a finding. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { unpack } from './archive';
import { checks } from './checks/all';
import { type Submission } from './checks/check';

const root = path.resolve(__dirname, '..');

function read(file: string): Submission {
  const zip = readFileSync(file);
  const checksums = (['sha1', 'sha256'] as const).flatMap((algorithm) => {
    const beside = `${file}.${algorithm}`;
    return existsSync(beside) ? [[algorithm, readFileSync(beside, 'utf8')] as const] : [];
  });
  return {
    archive: path.basename(file),
    zip,
    files: unpack(zip),
    checksums: new Map(checksums),
    packageVersion: JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version,
    source: (name) => {
      const source = path.join(root, 'src', name);
      return existsSync(source) ? readFileSync(source, 'utf8') : undefined;
    },
  };
}

function defaultArchive(): string {
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return path.join(root, 'artifacts', `${name}-${version}.zip`);
}

const file = process.argv[2] ?? defaultArchive();
if (!existsSync(file)) {
  process.stderr.write(`${file} is not there: run "npm run package" first.\n`);
  process.exit(2);
}
const submission = read(file);
let findings = 0;
for (const { name, run } of checks) {
  const found = run(submission);
  findings += found.length;
  process.stdout.write([`${found.length === 0 ? 'ok  ' : 'FAIL'} ${name}`, ...found].join('\n       ') + '\n');
}
process.stdout.write(findings === 0 ? `${submission.archive} is ready.\n` : `${findings} to be mended.\n`);
process.exitCode = findings === 0 ? 0 : 1;
