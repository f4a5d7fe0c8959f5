import { type JSONSchemaType } from 'ajv';

export interface PluginMetadata {
  readonly $schema?: string;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly suggestions?: boolean;
  readonly skipDataQuery?: boolean;
  readonly state?: string;
  readonly buildMode?: string;
  readonly info: {
    readonly author: { readonly name: string; readonly url?: string; readonly email?: string };
    readonly description: string;
    readonly keywords: readonly string[];
    readonly links: ReadonlyArray<{ readonly name: string; readonly url: string }>;
    readonly logos: { readonly small: string; readonly large: string };
    readonly screenshots: ReadonlyArray<{ readonly name: string; readonly path: string }>;
    readonly version: string;
    readonly updated: string;
  };
  readonly dependencies: {
    readonly grafanaDependency: string;
    readonly plugins: ReadonlyArray<{ id: string; type: string; name: string; version: string }>;
  };
}

const text = { type: 'string', minLength: 1, pattern: '\\S' } as const;
const optionalText = { type: 'string', nullable: true } as const;
const optionalFlag = { type: 'boolean', nullable: true } as const;

/** A built panel plugin's plugin.json: the part of Grafana's schema that is for panels, and stricter where it is free. */
export const metadataSchema: JSONSchemaType<PluginMetadata> = {
  type: 'object',
  required: ['id', 'type', 'name', 'info', 'dependencies'],
  additionalProperties: false,
  properties: {
    $schema: optionalText,
    id: { type: 'string', pattern: '^[0-9a-z]+-[0-9a-z]+-panel$' },
    type: { type: 'string', const: 'panel' },
    name: text,
    suggestions: optionalFlag,
    skipDataQuery: optionalFlag,
    state: { type: 'string', pattern: '^(alpha|beta)$', nullable: true },
    buildMode: { type: 'string', pattern: '^production$', nullable: true },
    info: {
      type: 'object',
      required: ['author', 'description', 'keywords', 'links', 'logos', 'screenshots', 'version', 'updated'],
      additionalProperties: false,
      properties: {
        author: {
          type: 'object',
          required: ['name'],
          additionalProperties: false,
          properties: {
            name: text,
            url: { type: 'string', format: 'uri', nullable: true },
            email: { type: 'string', format: 'email', nullable: true },
          },
        },
        description: text,
        keywords: { type: 'array', items: text, minItems: 3, uniqueItems: true },
        links: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name', 'url'],
            additionalProperties: false,
            properties: { name: text, url: { type: 'string', format: 'uri', pattern: '^https://' } },
          },
        },
        logos: {
          type: 'object',
          required: ['small', 'large'],
          additionalProperties: false,
          properties: { small: text, large: text },
        },
        screenshots: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['name', 'path'],
            additionalProperties: false,
            properties: { name: text, path: text },
          },
        },
        version: text,
        updated: { type: 'string', format: 'date' },
      },
    },
    dependencies: {
      type: 'object',
      required: ['grafanaDependency', 'plugins'],
      additionalProperties: false,
      properties: {
        grafanaDependency: text,
        plugins: {
          type: 'array',
          items: {
            type: 'object',
            required: ['id', 'type', 'name', 'version'],
            additionalProperties: false,
            properties: { id: text, type: text, name: text, version: text },
          },
        },
      },
    },
  },
};
