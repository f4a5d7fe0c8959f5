import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { committedSuite, textOf } from './test-files';

/** Writes alerts/tests anew: part of `npm run generate`. */
const folder = path.join(__dirname, '../../alerts/tests');
mkdirSync(folder, { recursive: true });
const { rules, files } = committedSuite();
for (const file of files) writeFileSync(path.join(folder, file.name), textOf(file, rules));
