import { z } from 'zod';
import { configSchema } from '../../exporter/src/config/schema';

type Node = Readonly<Record<string, unknown>>;

/**
 * Keys of selfcheer.yaml that are not for `config` of the chart: those that it sets from other values, and those that
 * hold secrets, which have no place in a ConfigMap.
 */
const withheld: readonly string[] = [
  'service',
  'http',
  'grpc',
  'admin',
  'dataDir',
  'ack',
  'tls',
  'insecure',
  'drainSeconds',
  'readinessLagSeconds',
  'track',
  'flags',
  'auth.apiKeys',
  'kafka.sasl',
  'consul.token',
  'consul.address',
];

/** What may stand in `config` of the chart: the exporter's own schema without what the chart withholds. */
export function configJsonSchema(): { readonly schema: Node; readonly definitions: Node } {
  const {
    definitions,
    $schema: _,
    ...whole
  } = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    // Helm's patterns are Go's, which have no look-ahead: the exporter checks such a text itself, when it starts.
    override({ jsonSchema }) {
      if (jsonSchema.pattern?.includes('(?')) delete jsonSchema.pattern;
      // Filled in by the exporter: in the schema they would only make noise.
      delete jsonSchema.default;
    },
  });
  return {
    schema: withheld.reduce<Node>((node, path) => without(node, path.split('.')), whole),
    definitions: (definitions ?? {}) as Node,
  };
}

/** The object schema without the property at this path. An unknown path throws, as it would withhold nothing. */
function without(node: Node, [name = '', ...rest]: readonly string[]): Node {
  const { [name]: found, ...others } = node['properties'] as Readonly<Record<string, Node>>;
  if (found === undefined) throw new RangeError(`The configuration has no key ${name}: withhold another`);
  return { ...node, properties: rest.length === 0 ? others : { ...others, [name]: without(found, rest) } };
}
