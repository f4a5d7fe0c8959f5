import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../helpers/exporter-process';
import type { Buildah } from './buildah';
import { makeStandIns } from './stand-ins';

/** What an image says of how it is run. */
export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Volumes: Readonly<Record<string, object>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** Names of the images that were built. */
export interface Images {
  readonly exporter: string;
  readonly sidecar: string;
}

/** Plays every step of the exporter's Dockerfile on stand-ins for its base images. */
export async function standInBuild(buildah: Buildah, folder: string): Promise<Images> {
  const { node, distroless } = await makeStandIns(buildah);
  const text = readFileSync(path.join(root, 'deploy/docker/exporter.Dockerfile'), 'utf8')
    .replaceAll(/^FROM node:\S+/gm, `FROM ${node}`)
    .replaceAll(/^FROM gcr\.io\/distroless\S+/gm, `FROM ${distroless}`);
  const build = async (name: string, steps: string): Promise<string> => {
    const file = path.join(folder, name);
    const image = `localhost/selfcheer-${name}`;
    writeFileSync(file, steps);
    const rest = ['--format', 'docker', ...limits(), '--file', file, '--tag', image];
    await buildah.run('bud', '--pull-never', ...rest, root);
    return image;
  };
  // Both images stand on one stage. Buildah without a cache of layers would play it twice.
  const [common = '', sidecar = '', exporter = ''] = text.split(/^(?=FROM selfcheer\b)/m);
  const base = await build('common', common);
  return {
    sidecar: await build('sidecar', sidecar.replace('FROM selfcheer', `FROM ${base}`)),
    exporter: await build('exporter', exporter.replace('FROM selfcheer', `FROM ${base}`)),
  };
}

export async function configOf(buildah: Buildah, image: string): Promise<ImageConfig> {
  const told = JSON.parse(await buildah.run('inspect', '--type', 'image', image)) as {
    readonly Docker: { readonly config: ImageConfig };
  };
  return told.Docker.config;
}

/** Buildah asks for as many files and processes as a machine may have; a container may not raise its own limits. */
export function limits(): string[] {
  const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }));
  const processes = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'));
  return [
    ...(Number.isNaN(files) ? [] : ['--ulimit', `nofile=${files}`]),
    ...['--ulimit', `nproc=${processes}`],
  ];
}
