import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { DeployFile } from './deploy-file';
import { flagsMap, metadata } from './names';
import { toYaml } from './yaml';

/** What the flags are everywhere, in flagd's format: the file that is edited. */
export const flagsFile = join(__dirname, '../flags/flags.json');

export function flagsConfigMap(): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(flagsMap, 'flags'),
    data: { 'flags.json': readFileSync(flagsFile, 'utf8') },
  };
}

export function flagsFiles(): readonly DeployFile[] {
  const about =
    'The flags of flags.json for all pods. Applied, a change is in effect when the kubelet has carried it there\n' +
    '(a minute or two) and the exporter has looked (a second).';
  return [{ file: 'flags/configmap.yaml', text: toYaml([flagsConfigMap()], about) }];
}
