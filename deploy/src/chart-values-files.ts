import { Document, isMap, isPair, isScalar, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { configJsonSchema } from './chart-config-schema';
import { chartValues } from './chart-values';

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
}

const head = ` Made by deploy/src/chart-values.ts (npm run deploy:generate): change that, and make this anew.
 Each value, its default, and what it is for. values.schema.json refuses what is none.`;

/** values.yaml: the defaults, each under what is said of it. */
export function valuesYaml(): string {
  const document = new Document(chartValues.parse({}));
  const schema = z.toJSONSchema(chartValues, { io: 'input' }) as Node;
  if (isMap(document.contents)) comment(document.contents, schema, true);
  document.commentBefore = head;
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function comment(map: YAMLMap, schema: Node, top: boolean): void {
  for (const [index, pair] of map.items.entries()) {
    if (!isPair(pair) || !isScalar(pair.key)) continue;
    const node = schema.properties?.[String(pair.key.value)];
    if (node?.description) pair.key.commentBefore = node.description.replace(/^/gm, ' ');
    if (top && index > 0) pair.key.spaceBefore = true;
    if (isMap(pair.value) && node?.properties) comment(pair.value, node, false);
  }
}

/** values.schema.json, which helm checks values against. Draft 7: every helm 3 reads it. */
export function valuesSchema(): string {
  const { schema: config, definitions } = configJsonSchema();
  const values = z.toJSONSchema(chartValues, { io: 'input', target: 'draft-7' });
  const { description } = (values as Node).properties?.['config'] ?? {};
  const properties = {
    ...values.properties,
    config: { ...config, description },
    global: { description: 'Of a chart that this one is part of; not used', type: 'object' },
  };
  return `${JSON.stringify({ ...values, properties, definitions }, null, 2)}\n`;
}
