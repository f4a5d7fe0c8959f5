/** One place that states the version of the release. */
export interface Place {
  readonly file: string;
  readonly what: string;
  /** Every version that stands there; empty when there is none. */
  readonly find: (text: string) => readonly string[];
  /** The text with this version there. */
  readonly set: (text: string, version: string) => string;
  /** It is made of another place: by this command. */
  readonly madeBy?: string;
}

/** That of the release itself; all others have to agree with it. */
export const leading = member('package.json', 'version');

export const places: readonly Place[] = [
  leading,
  member('cheer-kit/package.json', 'version'),
  member('exporter/package.json', 'version'),
  member('exporter/package.json', 'dependencies', '@selfcheer/cheer-kit'),
  member('grafana-plugin/package.json', 'version'),
  member('package-lock.json', 'version'),
  member('package-lock.json', 'packages', '', 'version'),
  member('package-lock.json', 'packages', 'cheer-kit', 'version'),
  member('package-lock.json', 'packages', 'exporter', 'version'),
  member('package-lock.json', 'packages', 'exporter', 'dependencies', '@selfcheer/cheer-kit'),
  member('grafana-plugin/package-lock.json', 'version'),
  member('grafana-plugin/package-lock.json', 'packages', '', 'version'),
  matched('deploy/chart/selfcheer/Chart.yaml', 'version', /^version: *(\S+)/gm),
  matched('deploy/chart/selfcheer/Chart.yaml', 'appVersion', /^appVersion: *(\S+)/gm),
  matched('docker-compose.yml', 'image selfcheer/exporter', /image: *selfcheer\/exporter:(\S+)/g),
  matched('docker-compose.yml', 'image selfcheer/grafana', /image: *selfcheer\/grafana:(\S+)/g),
  ...['analysis', 'blue-green', 'canary'].map((name) => ({
    ...matched(`deploy/argo/${name}.yaml`, 'image', /ghcr\.io\/selfcheer\/exporter:(\S+)/g),
    madeBy: 'npm run deploy:generate',
  })),
];

/** A string in a JSON file, by the names on the way to it. */
function member(file: string, ...path: readonly [string, ...string[]]): Place {
  const holder = (document: unknown): Record<string, unknown> | undefined => {
    let at = document;
    for (const name of path.slice(0, -1)) at = (at as Record<string, unknown> | undefined)?.[name];
    return at as Record<string, unknown> | undefined;
  };
  const last = path[path.length - 1] as string;
  return {
    file,
    what: path.map((name) => (name === '' ? '""' : name)).join('.'),
    find: (text) => {
      const found = holder(JSON.parse(text))?.[last];
      return typeof found === 'string' ? [found] : [];
    },
    set: (text, version) => {
      const document: unknown = JSON.parse(text);
      const at = holder(document);
      if (at !== undefined) at[last] = version;
      return `${JSON.stringify(document, null, 2)}\n`;
    },
  };
}

/** What the one group of an expression finds in a text. */
function matched(file: string, what: string, expression: RegExp): Place {
  return {
    file,
    what,
    find: (text) => [...text.matchAll(expression)].map(([, version = '']) => version.replaceAll(/['"]/g, '')),
    set: (text, version) =>
      text.replaceAll(expression, (all, found: string) => all.replace(found, () => version)),
  };
}
