import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { at, nameOf, text, type Doc, type Tree } from './tree';

const folder = join(__dirname, '../../schema');

/** As `kubectl --validate=strict`: a member that the schema does not name is an error, and not dropped in silence. */
function closed(schema: Tree): Tree {
  if (Array.isArray(schema)) return (schema as readonly Tree[]).map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const open =
    at(schema, 'x-kubernetes-preserve-unknown-fields') === true || 'additionalProperties' in schema;
  return 'properties' in schema && !open ? { ...members, additionalProperties: false } : members;
}

let validators: ReadonlyMap<string, ValidateFunction> | undefined;

function load(): ReadonlyMap<string, ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const schemas = ['argo-rollouts.json', 'istio.json'].flatMap((file) =>
    Object.entries(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, Doc>),
  );
  return new Map(schemas.map(([kind, schema]) => [kind, ajv.compile(forObject(schema))]));
}

/** Metadata is the API server's, and no part of a custom schema. */
function forObject(schema: Doc): object {
  const spec = closed(at(schema, 'properties', 'spec') ?? {});
  const properties = { apiVersion: {}, kind: {}, metadata: { type: 'object' }, spec };
  return { type: 'object', properties, required: ['spec'], additionalProperties: false };
}

/** Holds objects of Argo Rollouts and Istio against the schemas that these projects publish; others pass. */
export function schema(objects: readonly Doc[]): readonly string[] {
  validators ??= load();
  const theirs = objects.filter((object) => /argoproj\.io|istio\.io/.test(text(object, 'apiVersion')));
  return theirs.flatMap((object) => {
    const kind = `${text(object, 'apiVersion')} ${text(object, 'kind')}`;
    const validate = validators?.get(kind);
    if (!validate) return [`${nameOf(object)}: no schema of ${kind} is here`];
    validate(object);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${nameOf(object)}: ${instancePath || '/'} ${message ?? ''} ${JSON.stringify(params)}`,
    );
  });
}
