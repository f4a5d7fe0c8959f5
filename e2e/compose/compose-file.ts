import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

/** What of a Compose file is looked at here; all of its form is the schema's to check. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

export interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly profiles?: readonly string[];
  readonly restart?: string;
}

/** `source:target[:mode]`. */
export interface Mount {
  /** A path from the root of the project, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export function readCompose(file: string): ComposeFile {
  return parse(readFileSync(file, 'utf8'), { merge: true }) as ComposeFile;
}

export function mountsOf({ volumes = [] }: Service): Mount[] {
  return volumes.map((volume) => {
    const [source = '', target = '', mode] = volume.split(':');
    return { source, target, readOnly: mode === 'ro' };
  });
}

export function isBind({ source }: Mount): boolean {
  return /^[./~]/.test(source);
}

/** The second over the first as Compose lays them: variables by name, mounts by target. */
export function overlaid(base: ComposeFile, over: ComposeFile): ComposeFile {
  const services = Object.entries(base.services).map(([name, service]): [string, Service] => {
    const more = over.services[name];
    if (!more) return [name, service];
    const volumes = new Map(
      [...(service.volumes ?? []), ...(more.volumes ?? [])].map((volume) => [volume.split(':')[1], volume]),
    );
    return [
      name,
      {
        ...service,
        ...more,
        environment: { ...service.environment, ...more.environment },
        volumes: [...volumes.values()],
      },
    ];
  });
  return { ...base, services: Object.fromEntries(services) };
}

/** Which of the project's paths stands at a path inside the container; undefined when none does. */
export function sourceOf(service: Service | undefined, inside: string, root: string): string | undefined {
  const mount = mountsOf(service ?? {})
    .filter((each) => isBind(each) && (inside === each.target || inside.startsWith(`${each.target}/`)))
    .sort((a, b) => b.target.length - a.target.length)[0];
  return mount && path.join(root, mount.source, inside.slice(mount.target.length));
}
