import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAdminApp, type JsonSchema } from '@selfcheer/cheer-kit';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { AdminServer, keyed } from '../../../cheer-kit/test/admin-server';
import { fakeServiceView } from '../../../cheer-kit/test/fake-service-view';
import { scenes, type SceneName } from '../../test/helpers/admin-scenes';
import { ExporterAdmin } from '../../test/helpers/exporter-admin';
import { fakeAdminView } from '../../test/helpers/fake-admin-view';

interface Operation {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes?: object;
  };
}

const exporter = new ExporterAdmin();
let kit: AdminServer | undefined;
afterEach(async () => {
  await exporter.close();
  await kit?.close();
  kit = undefined;
});

async function documentOf(url: string, headers: Record<string, string> = {}): Promise<Document> {
  const response = await fetch(`${url}/api/v1/openapi.json`, { headers });
  expect(response.status).toBe(200);
  return (await response.json()) as Document;
}

/** Fields may be added, but not without being described: here an object has what it lists and nothing more. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema && 'type' in schema ? { additionalProperties: false, ...members } : members;
}

type Validators = (path: string, status: number, type: string) => ValidateFunction;

function validators(document: Document): Validators {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats(ajv);
  ajv.addVocabulary(['openapi', 'info', 'servers', 'paths', 'components']);
  ajv.addSchema({ ...(closed(document) as object), $id: 'api' });
  const escaped = (text: string): string =>
    encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
  return (path, status, type) => {
    const at = `api#/paths/${escaped(path)}/get/responses/${status}/content/${escaped(type)}/schema`;
    const validate = ajv.getSchema(at);
    if (!validate) throw new Error(`the document has no ${status} with ${type} for ${path}`);
    return validate;
  };
}

const known: Readonly<Record<string, string>> = { number: '1', run: 'run-1', id: '0.3.0' };

/** Asks and holds the answer against the document; returns the status. */
async function conforms(url: string, validator: Validators, path: string, query = ''): Promise<number> {
  const filled = path.replace(/\{(\w+)\}/, (_, name: string) => known[name] ?? name);
  const response = await fetch(url + filled + query);
  const type = (response.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
  const text = await response.text();
  const validate = validator(path, response.status, type);
  validate(type.endsWith('json') ? JSON.parse(text) : text);
  expect([path, query, validate.errors]).toEqual([path, query, null]);
  return response.status;
}

/** Everything that can be read and ends. */
const readable = (document: Document): string[] =>
  Object.entries(document.paths)
    .filter(([path, methods]) => 'get' in methods && path !== '/api/v1/stream')
    .map(([path]) => path);

test.each(Object.keys(scenes) as SceneName[])(
  'every answer of the exporter in %s is as described',
  async (scene) => {
    const url = await exporter.serve(fakeAdminView(scene));
    const document = await documentOf(url);
    const validator = validators(document);
    const statuses: number[] = [];
    for (const path of readable(document)) statuses.push(await conforms(url, validator, path));
    // Where nothing is in quarantine and no release recorded, there is none of them.
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(statuses.length - 2);
    await conforms(url, validator, '/api/v1/cheer', '?window=1h');
  },
);

test('every answer of a service that uses the kit is as described', async () => {
  const view = fakeServiceView({
    readiness: () => Promise.resolve({ ok: false, detail: 'draining' }),
    health: () =>
      Promise.resolve({
        status: 'failed',
        timestamp: '2026-01-01T00:00:00.000Z',
        checks: { db: { status: 'failed', detail: 'away' } },
      }),
  });
  kit = await AdminServer.start(createAdminApp({ view, loopback: true, onError: () => undefined }));
  const document = await documentOf(kit.url);
  const validator = validators(document);
  expect(Object.keys(document.paths)).not.toContain('/api/v1/quarantine');
  for (const path of readable(document)) {
    const status = await conforms(kit.url, validator, path);
    expect([path, status]).toEqual([path, ['/readyz', '/health'].includes(path) ? 503 : 200]);
  }
  expect(await conforms(kit.url, validator, '/api/v1/cheer', '?window=5m')).toBe(200);
});

test('problems are as described', async () => {
  const url = await exporter.serve(fakeAdminView());
  const document = await documentOf(url);
  const validator = validators(document);
  for (const path of readable(document)) {
    if (['/healthz', '/readyz'].includes(path)) continue;
    expect([path, await conforms(url, validator, path, '?nothing=1')]).toEqual([path, 400]);
  }
  const empty = fakeAdminView();
  const other = await exporter.serve({
    ...empty,
    quarantine: { ...empty.quarantine, get: () => Promise.resolve(undefined) },
  });
  expect(await conforms(other, validator, '/api/v1/quarantine/{number}')).toBe(404);
});

test('operations have names of their own, and keys are asked for only where keys are', async () => {
  const open = await documentOf(await exporter.serve(fakeAdminView()));
  const url = await exporter.serve(fakeAdminView(), { authenticator: keyed });
  const secured = await documentOf(url, { Authorization: 'Bearer ron' });
  const operations = (document: Document): Operation[] =>
    Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const ids = operations(open).map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => /^[a-z_]+$/.test(id))).toBe(true);
  expect(open.components.securitySchemes).toBeUndefined();
  expect(operations(open).every(({ security, responses }) => !security && !('401' in responses))).toBe(true);
  expect(Object.keys(secured.components.securitySchemes ?? {})).toEqual(['bearer', 'apiKey']);
  expect(secured.paths['/healthz']?.['get']?.security).toEqual([]);
  expect(secured.paths['/api/v1/summary']?.['get']?.security).toHaveLength(2);
  expect(Object.keys(secured.paths['/api/v1/quarantine/replay']?.['post']?.responses ?? {})).toEqual(
    expect.arrayContaining(['401', '403', '415']),
  );
});

test('docs/api.md lists the same', async () => {
  const { paths } = await documentOf(await exporter.serve(fakeAdminView()));
  const text = readFileSync(join(__dirname, '../../../docs/api.md'), 'utf8');
  const table = text.slice(text.indexOf('## Admin port'), text.indexOf('### Quarantine'));
  const listed = [...table.matchAll(/^\| `(GET|POST) (\/[^`?]*)/gm)].map(
    ([, method, path]) => `${method} ${path}`,
  );
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(listed.filter((one) => one !== 'GET /').sort()).toEqual(described.sort());
});
