import { type Dashboard, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from './json';

interface GrafanaSchemas {
  /** Version whose types the schemas are made of. */
  readonly grafana: string;
  readonly schemas: Readonly<Record<string, AnySchemaObject>>;
}

/** What Grafana reads although its types are silent about it: what a data source adds, and how a variable is shown. */
const silent = /^\/(annotations\/list\/\d+ (expr|step|titleFormat)|templating\/list\/\d+ definition)$/;

/** What is not said takes its default: the types only know options that are complete. */
function withoutRequired(schema: AnySchemaObject): AnySchemaObject {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === 'required' && Array.isArray(value) ? undefined : value,
  );
  return JSON.parse(text) as AnySchemaObject;
}

/** A panel of another kind is checked as far as all panels are alike. */
export class GrafanaSchema {
  readonly #checks = new Map<string, ValidateFunction>();

  constructor() {
    const file = join(__dirname, '../schema/grafana.json');
    const { schemas } = JSON.parse(readFileSync(file, 'utf8')) as GrafanaSchemas;
    const ajv = new Ajv({ allErrors: true, strict: false });
    for (const [name, schema] of Object.entries(schemas)) {
      this.#checks.set(name, ajv.compile(name === 'dashboard' ? schema : withoutRequired(schema)));
    }
  }

  /** What Grafana's types would not take of the dashboard as it is written to a file, in sentences. */
  problems(dashboard: Dashboard): string[] {
    const json = JSON.parse(toJson(dashboard)) as Dashboard;
    const panels = (json.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row');
    return [
      ...this.#check('dashboard', json, ''),
      ...panels.flatMap(({ type, title = '', options, fieldConfig }) => [
        ...this.#check(`${type} options`, options ?? {}, title),
        ...this.#check(`${type} field`, fieldConfig?.defaults.custom ?? {}, title),
      ]),
    ];
  }

  #check(name: string, value: unknown, title: string): string[] {
    const check = this.#checks.get(name);
    if (!check || check(value)) return [];
    const errors = (check.errors ?? []).filter(({ instancePath, params }) => {
      return !silent.test(`${instancePath} ${String(params['additionalProperty'])}`);
    });
    return errors.map(({ instancePath, message = '', params }) => {
      return `${title} ${name}${instancePath} ${message} ${JSON.stringify(params)}`;
    });
  }
}
