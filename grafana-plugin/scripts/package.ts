/** Makes artifacts/<id>-<version>.zip with its checksums from dist/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { digest, pack } from './archive';

const root = path.resolve(__dirname, '..');
const artifacts = path.join(root, 'artifacts');
const { name, zip } = pack(path.join(root, 'dist'));

mkdirSync(artifacts, { recursive: true });
writeFileSync(path.join(artifacts, name), zip);
for (const algorithm of ['sha1', 'sha256'] as const) {
  // The form that sha1sum and sha256sum read.
  writeFileSync(path.join(artifacts, `${name}.${algorithm}`), `${digest(algorithm, zip)}  ${name}\n`);
}
process.stdout.write(`artifacts/${name}: ${(zip.length / 1024).toFixed(1)} KiB\n`);
