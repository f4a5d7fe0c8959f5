import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isMap, isPair, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { messageOf, UsageError } from '../errors';
import type { Origin } from './origin';

const defaultFile = 'selfcheer.yaml';

/** A parsed configuration file that can say on which line a value stands. */
export interface ConfigFile {
  readonly path: string;
  readonly directory: string;
  readonly values: Record<string, unknown>;
  originOf(path: readonly PropertyKey[]): Origin;
}

/** Reads the file that was named, or `selfcheer.yaml` of the working directory if there is one. */
export function readConfigFile(named: string | undefined, cwd: string): ConfigFile | undefined {
  const path = named === undefined ? join(cwd, defaultFile) : resolve(cwd, named);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`Can't read the configuration file ${path}: ${messageOf(error)}`, { cause: error });
  }
  return parseConfigFile(text, path);
}

function parseConfigFile(text: string, path: string): ConfigFile {
  const name = basename(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = lines.linePos(error.pos[0]).line;
    // The first line of the message only: what follows quotes the file, which may hold a secret.
    throw new UsageError(`${name}:${line} is not valid YAML: ${error.message.split(' at line ')[0]}`);
  }
  const values = valuesOf(document, name) ?? {};
  if (typeof values !== 'object' || values === null || !isMapOrEmpty(document)) {
    throw new UsageError(`${name} must be a list of keys and values, for example \`http: 127.0.0.1:8080\``);
  }
  return {
    path,
    directory: dirname(path),
    values: values as Record<string, unknown>,
    originOf: (at) => ({ kind: 'file', file: name, line: lineOf(document, lines, at) }),
  };
}

/** Aliases are followed only here: one may have no anchor, and aliases of aliases grow beyond all bounds. */
function valuesOf(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new UsageError(`${name} has an alias that can't be followed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function isMapOrEmpty(document: Document): boolean {
  return document.contents === null || isMap(document.contents);
}

/** The line of the value's key where it has one; of what encloses it when the path is not in the file. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === last)
      : undefined;
    const node = isPair(pair) ? pair.key : document.getIn(path.slice(0, length), true);
    const start = (node as Node | null | undefined)?.range?.[0];
    if (start !== undefined) return lines.linePos(start).line;
  }
  return 1;
}
