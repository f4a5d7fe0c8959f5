import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Buildah } from './buildah';

/** As the images have it, which can't be pulled here. */
const node24 = path.join(__dirname, `../../.cache/node-24/node_modules/node-linux-${process.arch}/bin/node`);
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/**
 * In the place of the base images, where no registry of images can be reached: the same user, paths and Node 24, and
 * nothing that the real one lacks. By the names in the Dockerfile.
 */
export interface StandIns {
  /** For `node:…-bookworm-slim`: a shell, npm, and what the steps of the build call. */
  readonly node: string;
  /** For distroless: Node and its libraries, and no shell. */
  readonly distroless: string;
}

export async function makeStandIns(buildah: Buildah): Promise<StandIns> {
  if (!existsSync(node24)) throw new Error(`${node24} is missing: npm run test:system installs it`);
  const npm = path.dirname(path.dirname(realpathSync(which('npm'))));
  return {
    node: await image(buildah, 'localhost/stand-in-node', (root) => {
      for (const tool of ['sh', 'env', 'mkdir']) install(root, which(tool), `/bin/${tool}`);
      install(root, which('env'), '/usr/bin/env');
      install(root, node24, '/bin/node');
      cpSync(npm, path.join(root, 'lib/node_modules/npm'), { recursive: true, dereference: true });
      put(root, '/bin/npm', '#!/bin/sh\nexec /bin/node /lib/node_modules/npm/bin/npm-cli.js "$@"\n', 0o755);
      put(root, '/root/.npmrc', `cafile=${certificates}\n`);
    }),
    distroless: await image(
      buildah,
      'localhost/stand-in-distroless',
      (root) => install(root, node24, '/nodejs/bin/node'),
      ['--user', '65532', '--workingdir', '/home/nonroot'],
    ),
  };
}

async function image(
  buildah: Buildah,
  name: string,
  fill: (root: string) => void,
  settings: readonly string[] = [],
): Promise<string> {
  const container = await buildah.run('from', 'scratch');
  const root = await buildah.mount(container);
  mkdirSync(path.join(root, 'tmp'), { mode: 0o1777 });
  put(root, '/etc/passwd', 'root:x:0:0:root:/root:/\nnonroot:x:65532:65532:nonroot:/home/nonroot:/\n');
  put(root, '/etc/group', 'root:x:0:\nnonroot:x:65532:\n');
  install(root, certificates, certificates);
  for (const library of systemLibraries()) install(root, library, library);
  fill(root);
  await buildah.run('config', '--env', 'PATH=/bin:/usr/bin', ...settings, container);
  await buildah.run('commit', '--quiet', container, name);
  await buildah.run('rm', container);
  return name;
}

/** As distroless has them: of the C library more than Node itself is linked to, for native modules. */
function systemLibraries(): string[] {
  const files = execFileSync('dpkg', ['-L', 'libc6', 'libgcc-s1', 'libstdc++6'], { encoding: 'utf8' });
  return files.split('\n').filter((file) => /^(\/usr)?\/lib(64)?\/([^/]+\/)?[^/]+\.so[.\d]*$/.test(file));
}

/** A file of this machine, with the libraries that it is linked to. */
function install(root: string, file: string, to: string): void {
  const place = path.join(root, to);
  mkdirSync(path.dirname(place), { recursive: true });
  cpSync(realpathSync(file), place);
  if (!to.includes('/bin/')) return;
  const linked = execFileSync('ldd', [file], { encoding: 'utf8' });
  for (const [, library] of linked.matchAll(/(?:=> |^\s*)(\/\S+) \(/gm)) {
    const target = path.join(root, library as string);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(realpathSync(library as string), target);
  }
}

function put(root: string, file: string, text: string, mode = 0o644): void {
  const place = path.join(root, file);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, text, { mode });
}

function which(tool: string): string {
  return execFileSync('which', [tool], { encoding: 'utf8' }).trim();
}
