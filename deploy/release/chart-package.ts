import path from 'node:path';
import { runCommand } from '../../e2e/helpers/commands';
import { ReleaseError, root } from './project';

const chart = path.join(root, 'deploy/chart/selfcheer');
/** What helm takes for its cluster: one that is built by `go install` knows of none. */
const cluster = ['--kube-version', '1.34.0'];

/** @throws ReleaseError where there is no helm: before anything else is made. */
export async function requireHelm(env: Readonly<Record<string, string>>): Promise<string> {
  try {
    return (await runCommand('helm', ['version', '--template', '{{.Version}}'], { cwd: root, env })).trim();
  } catch (error) {
    throw new ReleaseError(
      'helm is missing, which packs the chart: install Helm 3 (https://helm.sh/docs/intro/install/), or with Go\n' +
        '  GOBIN="$PWD/.cache/bin" go install helm.sh/helm/v3/cmd/helm@v3.18.6',
      { cause: error },
    );
  }
}

/** Lints and packs the chart into a folder, and renders what was packed. Resolves with the name of the file. */
export async function packChart(
  folder: string,
  version: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const helm = (...args: readonly string[]): Promise<string> => runCommand('helm', args, { cwd: root, env });
  await helm('lint', '--strict', ...cluster, chart);
  await helm('package', chart, '--destination', folder);
  const name = `selfcheer-${version}.tgz`;
  const rendered = await helm('template', 'selfcheer', path.join(folder, name), ...cluster);
  const images = [...rendered.matchAll(/image: *["']?(\S+?)["']?$/gm)].map(([, image = '']) => image);
  const other = images.filter((image) => !image.endsWith(`:${version}`));
  if (images.length === 0 || other.length > 0)
    throw new ReleaseError(
      `the chart would run ${other.join(', ') || 'no image'} and not ${version}: see image of values.yaml`,
    );
  return name;
}
