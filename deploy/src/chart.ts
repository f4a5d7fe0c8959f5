import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { valuesSchema, valuesYaml } from './chart-values-files';
import type { DeployFile } from './deploy-file';

const project = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(project, file), 'utf8');

/** Its values, and what it takes from other parts of the project, so that its package stands alone. */
export function chartFiles(): readonly DeployFile[] {
  const taken: readonly (readonly [to: string, text: string])[] = [
    ['values.yaml', valuesYaml()],
    ['values.schema.json', valuesSchema()],
    ['files/prometheus-rule.yaml', read('alerts/prometheus-rule.yaml')],
    ['files/flags.json', read('deploy/flags/flags.json')],
    ...dashboards().map(
      // In one line: releases of helm are stored in a Secret, which holds one MiB.
      (name) =>
        [`files/dashboards/${name}`, `${JSON.stringify(json(`provisioning/dashboards/${name}`))}\n`] as const,
    ),
  ];
  return taken.map(([to, text]) => ({ file: `chart/selfcheer/${to}`, text }));
}

function dashboards(): readonly string[] {
  return readdirSync(join(project, 'provisioning/dashboards')).filter((name) => name.endsWith('.json'));
}

function json(file: string): unknown {
  return JSON.parse(read(file));
}
