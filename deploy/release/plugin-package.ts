import { cpSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../../e2e/helpers/commands';
import { root } from './project';

const plugin = path.join(root, 'grafana-plugin');

/** Packs the built plugin, holds it against what Grafana wants of one, and copies it. Resolves with the file's name. */
export async function packPlugin(folder: string, version: string): Promise<string> {
  const tool = (script: string): Promise<string> =>
    runCommand(path.join(plugin, 'node_modules/.bin/ts-node'), [`scripts/${script}.ts`], { cwd: plugin });
  await tool('package');
  await tool('validate');
  const name = `selfcheer-cheermeter-panel-${version}.zip`;
  cpSync(path.join(plugin, 'artifacts', name), path.join(folder, name));
  return name;
}
