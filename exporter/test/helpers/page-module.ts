import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { transformSync } from '@swc/core';

/** A file of the page that imports nothing and touches no document, as a CommonJS module. */
export function pageModule<T>(name: string): T {
  const source = readFileSync(join(__dirname, '../../page', name), 'utf8');
  const { code } = transformSync(source, { jsc: { target: 'es2023' }, module: { type: 'commonjs' } });
  const exports = {};
  runInNewContext(code, { exports });
  return exports as T;
}
