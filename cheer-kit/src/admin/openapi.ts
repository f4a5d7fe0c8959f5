import type { Role } from '../auth/authenticator';
import type { ServiceInfo } from './service-view';

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 has it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A parameter of a query, path or header. */
export interface ApiParameter {
  readonly name: string;
  readonly in: 'query' | 'path' | 'header';
  readonly description: string;
  readonly schema: JsonSchema;
}

/** One answer: its schema by media type. */
export interface ApiAnswer {
  readonly description: string;
  readonly content: Readonly<Record<string, JsonSchema>>;
  /** What can be asked next with what is in this answer, by the path of a GET or POST. */
  readonly links?: Readonly<Record<string, ApiLink>>;
}

/** How an answer leads to another operation. */
export interface ApiLink {
  readonly method: 'get' | 'post';
  readonly path: string;
  /** Runtime expressions of OpenAPI by the parameter that they fill, such as `$response.body#/items/0/number`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** One method of a path. */
export interface ApiOperation {
  readonly summary: string;
  readonly description?: string;
  /** Who may; absent for what needs no credentials. */
  readonly role?: Exclude<Role, 'producer'>;
  readonly parameters?: readonly ApiParameter[];
  /** Of the body of a POST; only its content type counts when absent. */
  readonly body?: JsonSchema;
  readonly answers: Readonly<Record<number, ApiAnswer>>;
  /** Problems beside those that every operation has, by status: when. */
  readonly problems?: Readonly<Record<number, string>>;
}

/** What a service adds to the document: full paths, and the schemas that they name by `schemaRef`. */
export interface ApiDescription {
  readonly paths: Readonly<Record<string, ApiPath>>;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

/** One path with its methods. */
export interface ApiPath {
  readonly get?: ApiOperation;
  readonly post?: ApiOperation;
}

/** Refers to a schema by its name. */
export const schemaRef = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** An answer in JSON. */
export const jsonAnswer = (description: string, schema: JsonSchema): ApiAnswer => ({
  description,
  content: { 'application/json': schema },
});

/** An object with all of these members; more may be added. */
export const objectOf = (
  properties: Readonly<Record<string, JsonSchema>>,
  description?: string,
): JsonSchema => ({
  type: 'object',
  ...(description !== undefined && { description }),
  properties,
  required: Object.keys(properties),
});

/** Schema of an array of these. */
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

/** The same, or null where it is not known. */
export const orNull = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  type: [schema['type'], 'null'],
  ...(Array.isArray(schema['enum']) && { enum: [...(schema['enum'] as unknown[]), null] }),
});

const problem = objectOf(
  {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is wrong and what to do, for a person' },
    code: { type: 'string', description: 'Stable: clients may branch on it' },
  },
  'RFC 9457',
);

/**
 * The OpenAPI document (3.1) of an admin port.
 *
 * @param secured Whether keys are configured: without, nobody needs credentials, and the document says so.
 */
export function openApiDocument(
  { service, version }: ServiceInfo,
  secured: boolean,
  parts: readonly ApiDescription[],
): JsonSchema {
  const paths = Object.fromEntries(
    parts.flatMap((part) =>
      Object.entries(part.paths).map(([path, { get, post }]) => [
        path,
        {
          ...(get && { get: operation('get', path, get, secured) }),
          ...(post && { post: operation('post', path, post, secured) }),
        },
      ]),
    ),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: `Admin API of ${service}`,
      version,
      description:
        'Fields may be added, none is renamed. Times are RFC 3339 in UTC, durations seconds, sizes bytes.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: Object.assign({ Problem: problem }, ...parts.map(({ schemas }) => schemas)) as JsonSchema,
      ...(secured && {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        },
      }),
    },
  };
}

const requestProblems: Readonly<Record<number, string>> = {
  400: 'A parameter is not known or can not be read',
  421: 'The Host is no loopback name while the port is bound to loopback without keys',
  500: 'A fault of the service; its log has the details',
  503: 'Not now; the same request may succeed later',
};
const keyProblems: Readonly<Record<number, string>> = {
  401: 'No usable key',
  403: 'The role is missing, or it comes from a foreign page',
};
const postProblems: Readonly<Record<number, string>> = {
  403: 'It comes from a foreign page',
  415: 'The content type is not application/json',
};

function operation(method: 'get' | 'post', path: string, what: ApiOperation, secured: boolean): JsonSchema {
  const { summary, description, role, parameters = [], answers } = what;
  const problems = {
    ...(role !== undefined && requestProblems),
    ...(method === 'post' && postProblems),
    ...(secured && role !== undefined && keyProblems),
    ...what.problems,
  };
  const notes = [description, secured && role !== undefined ? `Role: ${role}.` : undefined];
  return {
    operationId: operationId(method, path),
    summary,
    description: notes.filter((note) => note !== undefined).join(' '),
    parameters: parameters.map((one) => ({ ...one, required: one.in === 'path' })),
    ...(method === 'post' && {
      requestBody: {
        required: true,
        ...(what.body === undefined && { description: 'Only its content type counts.' }),
        content: { 'application/json': { schema: what.body ?? {} } },
      },
    }),
    ...(secured && { security: role === undefined ? [] : [{ bearer: [] }, { apiKey: [] }] }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      ...Object.fromEntries(
        Object.entries(problems)
          // What an answer of its own stands for (a failed health report) is described there.
          .filter(([status]) => !(status in answers))
          .map(([status, when]) => [
            status,
            response({ description: when, content: { 'application/problem+json': schemaRef('Problem') } }),
          ]),
      ),
    },
  };
}

function response({ description, content, links = {} }: ApiAnswer): JsonSchema {
  const media = Object.entries(content).map(([type, schema]) => [type, { schema }]);
  const next = Object.entries(links).map(([name, { method, path, parameters }]) => [
    name,
    { operationId: operationId(method, path), parameters },
  ]);
  return {
    description,
    content: Object.fromEntries(media) as JsonSchema,
    ...(next.length > 0 && { links: Object.fromEntries(next) as JsonSchema }),
  };
}

/** `get`, `/api/v1/quarantine/{number}` -> `get_quarantine_number`. */
function operationId(method: string, path: string): string {
  return `${method}${path.replace('/api/v1', '').replaceAll(/[^A-Za-z0-9]+/g, '_')}`.replace(/_$/, '');
}
