import { parseAllDocuments } from 'yaml';

/** A value of a parsed document. */
export type Tree =
  string | number | boolean | null | undefined | readonly Tree[] | { readonly [key: string]: Tree };

/** What stands at a path, or undefined: lints look into objects of every kind. */
export function at(tree: Tree, ...path: readonly (string | number)[]): Tree {
  let here = tree;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<string | number, Tree>>)[key];
  }
  return here;
}

/** The items of a list; none when there is no list. */
export function list(tree: Tree, ...path: readonly (string | number)[]): readonly Tree[] {
  const found = at(tree, ...path);
  return Array.isArray(found) ? (found as readonly Tree[]) : [];
}

export function text(tree: Tree, ...path: readonly (string | number)[]): string {
  const found = at(tree, ...path);
  return found === undefined || found === null
    ? ''
    : typeof found === 'object'
      ? JSON.stringify(found)
      : String(found);
}

export function entries(
  tree: Tree,
  ...path: readonly (string | number)[]
): readonly (readonly [string, Tree])[] {
  const found = at(tree, ...path);
  return typeof found === 'object' && found !== null ? Object.entries(found) : [];
}

/** A Kubernetes object of any kind. */
export type Doc = { readonly [key: string]: Tree };

export function parseObjects(yaml: string): readonly Doc[] {
  return parseAllDocuments(yaml).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as Doc;
  });
}

export function nameOf(object: Doc): string {
  return `${text(object, 'kind')} ${text(object, 'metadata', 'name')}`;
}

export function ofKind(objects: readonly Doc[], ...kinds: readonly string[]): readonly Doc[] {
  return objects.filter((object) => kinds.includes(text(object, 'kind')));
}

export function named(objects: readonly Doc[], kind: string, name: string): Doc | undefined {
  return ofKind(objects, kind).find((object) => text(object, 'metadata', 'name') === name);
}

/** The pods that objects make, with who makes them. */
export function pods(objects: readonly Doc[]): readonly { readonly owner: string; readonly pod: Doc }[] {
  const templates = ofKind(objects, 'Deployment', 'StatefulSet', 'Rollout').map((object) => ({
    owner: nameOf(object),
    pod: at(object, 'spec', 'template') as Doc,
  }));
  const jobs = ofKind(objects, 'AnalysisTemplate').flatMap((object) =>
    list(object, 'spec', 'metrics').flatMap((metric) => {
      const pod = at(metric, 'provider', 'job', 'spec', 'template');
      return pod === undefined ? [] : [{ owner: nameOf(object), pod: pod as Doc }];
    }),
  );
  return [...templates, ...jobs];
}

/** All labels that a selector asks for are there. */
export function selects(selector: Tree, labels: Tree): boolean {
  const wanted = entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => at(labels, key) === value);
}
