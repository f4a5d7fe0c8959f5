import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type GrafanaMajor = 12 | 13;

/** Grafana's own packages of one version, in a folder of their own. */
export interface VersionSet {
  readonly folder: string;
  /** Of the installed @grafana/data, like `13.2.2`. */
  readonly grafanaVersion: string;
}

/** @throws Error when it is not installed */
export function versionSet(major: GrafanaMajor): VersionSet {
  const folder = path.join(__dirname, `grafana-${major}`);
  if (!existsSync(path.join(folder, 'node_modules/.package-lock.json')))
    throw new Error(
      `Grafana ${major}'s packages are missing: npm --prefix e2e/panel-host/grafana-${major} ci`,
    );
  const manifest = readFileSync(path.join(folder, 'node_modules/@grafana/data/package.json'), 'utf8');
  return { folder, grafanaVersion: (JSON.parse(manifest) as { version: string }).version };
}
