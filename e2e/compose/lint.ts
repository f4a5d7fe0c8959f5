import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isBind, mountsOf, type ComposeFile, type Service } from './compose-file';

/** A version with a patch level, or a digest. */
const pinned = /:v?\d+\.\d+\.\d+([-.\w]*)$|@sha256:[0-9a-f]{64}$/;
/** A stage of the same file, or an image. */
const from = /^FROM (\S+)(?: AS (\S+))?$/gm;

/** Images that a Dockerfile starts from, without its own stages. */
export function imagesOf(dockerfile: string): string[] {
  const all = [...dockerfile.matchAll(from)];
  const stages = new Set(all.map(([, , stage]) => stage));
  return all.map(([, image = '']) => image).filter((image) => !stages.has(image));
}

/** What a Dockerfile copies out of its context. */
export function copiedBy(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^COPY (?!.*--from)(.+)$/gm)].flatMap(([, words = '']) =>
    words.split(' ').filter((word, index, all) => !word.startsWith('--') && index < all.length - 1),
  );
}

function dependenciesOf({ depends_on: on = [] }: Service): [string, string][] {
  return Array.isArray(on)
    ? (on as string[]).map((name) => [name, 'service_started'])
    : Object.entries(on as Record<string, { condition: string }>).map(([name, { condition }]) => [
        name,
        condition,
      ]);
}

function serviceProblems(name: string, service: Service, file: ComposeFile, root: string): string[] {
  const problems: string[] = [];
  const dockerfile = service.build && path.join(root, service.build.context, service.build.dockerfile);
  const built = dockerfile && existsSync(dockerfile) ? readFileSync(dockerfile, 'utf8') : undefined;
  if (dockerfile && built === undefined) problems.push(`${service.build?.dockerfile} is not there`);
  for (const image of [service.image ?? '', ...imagesOf(built ?? '')]) {
    if (!pinned.test(image)) problems.push(`image ${image} is not pinned`);
  }
  for (const source of copiedBy(built ?? '')) {
    if (!existsSync(path.join(root, source))) problems.push(`copies ${source}, which is not there`);
  }
  for (const port of service.ports ?? []) {
    if (!port.startsWith('127.0.0.1:')) problems.push(`port ${port} is open to others`);
  }
  for (const mount of mountsOf(service)) {
    if (!isBind(mount)) {
      if (!(mount.source in (file.volumes ?? {}))) problems.push(`volume ${mount.source} is not declared`);
      continue;
    }
    if (!existsSync(path.join(root, mount.source)))
      problems.push(`mounts ${mount.source}, which is not there`);
    if (!mount.readOnly) problems.push(`may write to ${mount.source}`);
  }
  for (const [other, condition] of dependenciesOf(service)) {
    const needed = file.services[other];
    if (!needed) problems.push(`waits for ${other}, which is not there`);
    else if (condition === 'service_healthy' && !needed.healthcheck) {
      problems.push(`waits for the health of ${other}, which has no check`);
    }
  }
  if (service.restart === undefined) problems.push('is not started again');
  return problems.map((problem) => `${name}: ${problem}`);
}

/** What is wrong with it beside its form, in sentences. `root`: the folder of docker-compose.yml. */
export function lintCompose(file: ComposeFile, root: string): string[] {
  const services = Object.entries(file.services);
  const used = services.flatMap(([, service]) => mountsOf(service).map(({ source }) => source));
  return [
    ...services.flatMap(([name, service]) => serviceProblems(name, service, file, root)),
    ...Object.keys(file.volumes ?? {})
      .filter((name) => !used.includes(name))
      .map((name) => `volume ${name} is not used`),
  ];
}

/** Every `host:port` in a text whose host looks like the name of a service. */
export function addressesIn(text: string): string[] {
  const hosts = text.matchAll(/(?<![\w.@/-])(?:https?:\/\/)?([a-z][a-z-]+):(\d{4,5})\b/g);
  return [...hosts].map(([, host]) => host ?? '').filter((host) => host !== 'localhost');
}
