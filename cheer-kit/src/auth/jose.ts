import { createRequire } from 'node:module';

type Jose = typeof import('jose');
let loaded: Jose | undefined;

/** jose, which only a process that checks tokens needs to load. */
export function jose(): Jose {
  return (loaded ??= createRequire(__filename)('jose') as Jose);
}
