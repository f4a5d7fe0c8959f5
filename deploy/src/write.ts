import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chartFiles } from './chart';
import type { DeployFile } from './deploy-file';
import { meshFiles } from './mesh-files';

/** Everything of deploy/ that is generated, by part. */
const files: readonly DeployFile[] = [...chartFiles(), ...meshFiles()];

/** Writes it: `npm run deploy:generate`. */
for (const { file, text } of files) {
  const path = join(__dirname, '..', file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
