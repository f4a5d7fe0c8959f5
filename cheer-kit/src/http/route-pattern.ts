import type { IncomingMessage } from 'node:http';

/** The route of requests that no route has taken: not found, or answered by a middleware on the way. */
export const unmatchedRoute = 'unmatched';

type Path = string | RegExp | readonly Path[];

interface Route {
  readonly path: Path;
}

/** A layer of an express router, as far as it matters here. */
interface Layer {
  readonly route?: Route | undefined;
  /** A router has a stack of its own. */
  readonly handle?: { readonly stack?: readonly Layer[] };
  /** As it was given to `use`, since router 2.3. */
  readonly rawPath?: Path;
  /** express 4: what that was compiled to, and the names of its groups in order. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean; readonly fast_star?: boolean };
  readonly keys?: readonly { readonly name: string | number }[];
  /** Routers 2.0 to 2.2, which keep nothing else: mounted at `/`. */
  readonly slash?: boolean;
  /** Since router 2.3 it says what it found; before, it says whether it found anything and leaves its path below. */
  match(path: string): false | true | { readonly path: string; readonly pattern: Path };
  readonly path?: string | undefined;
}

interface App {
  /** express 4 */
  readonly _router?: { readonly stack: readonly Layer[] };
  /** express 5; in 4 it throws. */
  readonly router?: { readonly stack: readonly Layer[] };
  /** Where it is mounted in its parents, as a pattern. */
  path?(): string;
}

/** Of a router that does not tell under which pattern it is mounted. */
const unknownMount = '/*';

/** What express has added to a request by the time it is answered. */
type Routed = IncomingMessage & {
  readonly app?: App;
  readonly route?: Route;
  /** The path, not the pattern, under which the router that has the route is mounted. */
  readonly baseUrl?: string;
};

/** One way to a route: the layers of the routers that it is mounted in, outermost first. */
interface Way {
  readonly mounts: readonly Layer[];
  /** The pattern of all mounts, where it is the same for every request. */
  readonly fixed: string | undefined;
}

/** Of routes that are in one place only, which are nearly all: what a request costs is this look-up. */
const fixedPatterns = new WeakMap<Route, { readonly app: App; readonly pattern: string }>();

/** Of each app, since a router may be mounted in several. */
const waysIn = new WeakMap<App, WeakMap<Route, readonly Way[]>>();

/**
 * The pattern that a request matched, such as `/orders/:id`, with those of the routers around it, or `unmatched`. Never
 * the path: patterns are as many as a program has routes, paths as many as its callers please.
 *
 * express knows the pattern of the route, but of the routers that it is mounted in only the path. So the routers are
 * looked through once for each route, and what is found is kept. Works with express 5 and 4, with nested routers and
 * mounted apps; under routers 2.0 to 2.2, which don't tell where they are mounted, a mount reads `/*`. Outside of express
 * it is what `request.route.path` says.
 */
export function routePattern(request: IncomingMessage): string {
  const { route, app, baseUrl = '' } = request as Routed;
  if (route === undefined) return unmatchedRoute;
  if (app === undefined) return textOf(route.path);
  const always = fixedPatterns.get(route);
  if (always !== undefined && always.app === app) return always.pattern;
  const ways = waysTo(route, app);
  const mountedAt = app.path?.() ?? '';
  const [way] = ways;
  if (ways.length === 1 && way?.fixed !== undefined) {
    const pattern = join(mountedAt, way.fixed, textOf(route.path));
    fixedPatterns.set(route, { app, pattern });
    return pattern;
  }
  return join(mountedAt, taken(ways, below(baseUrl, mountedAt)) ?? '', textOf(route.path));
}

function waysTo(route: Route, app: App): readonly Way[] {
  let known = waysIn.get(app);
  if (known === undefined) {
    known = new WeakMap();
    waysIn.set(app, known);
  }
  let ways = known.get(route);
  if (ways === undefined) {
    ways = find(route, stackOf(app), []);
    known.set(route, ways);
  }
  return ways;
}

function stackOf(app: App): readonly Layer[] {
  return (app._router ?? app.router)?.stack ?? [];
}

function find(route: Route, stack: readonly Layer[], mounts: readonly Layer[]): Way[] {
  return stack.flatMap((layer) => {
    if (layer.route === route) return [{ mounts, fixed: fixedPattern(mounts) }];
    const inner = layer.handle?.stack;
    // A router that is mounted in itself has no end.
    return Array.isArray(inner) && !mounts.includes(layer) ? find(route, inner, [...mounts, layer]) : [];
  });
}

function fixedPattern(mounts: readonly Layer[]): string | undefined {
  const patterns = mounts.map(patternOf);
  return patterns.every((pattern) => pattern !== undefined) ? join(...patterns) : undefined;
}

/** Under which pattern a router is mounted; undefined where it is one of several. */
function patternOf({ rawPath, regexp, keys = [], slash = false }: Layer): string | undefined {
  if (Array.isArray(rawPath)) return undefined;
  if (rawPath !== undefined) return textOf(rawPath);
  if (regexp) return regexp.fast_slash ? '' : regexp.fast_star ? '*' : decompiled(regexp.source, keys);
  return slash ? '' : unknownMount;
}

/** The pattern of the way that leads to this path. */
function taken(ways: readonly Way[], path: string): string | undefined {
  for (const { mounts } of ways) {
    let rest = path;
    const patterns: string[] = [];
    for (const layer of mounts) {
      const hit = matched(layer, rest === '' ? '/' : rest);
      if (hit === undefined) break;
      rest = rest.slice(hit.path.replace(/\/$/, '').length);
      patterns.push(hit.pattern);
    }
    if (patterns.length === mounts.length && rest === '') return join(...patterns);
  }
  return undefined;
}

function matched(
  layer: Layer,
  path: string,
): { readonly path: string; readonly pattern: string } | undefined {
  const hit = layer.match(path);
  if (hit === false) return undefined;
  if (hit !== true) return { path: hit.path, pattern: textOf(hit.pattern) };
  return { path: layer.path ?? '', pattern: patternOf(layer) ?? unknownMount };
}

/**
 * The pattern, or the patterns, that express 4 made this regular expression of. Where that can't be told, as when it was
 * given one, the expression itself: it is no pretty label, but the same for every request.
 */
function decompiled(compiled: string, keys: NonNullable<Layer['keys']>): string {
  // Its versions differ in where they escape slashes.
  const source = compiled.replaceAll('\\/', '/');
  let group = 0;
  const alternatives = (/^\(\?:(\^.*)\)$/.exec(source)?.[1] ?? source).split(/\|(?=\^)/).map((alternative) =>
    /^\^(.*)\/\?\(\?=\/\|\$\)$/
      .exec(alternative)?.[1]
      ?.replace(/\(\?:(\/)?\(\[\^\/\]\+\?\)\)|\(\.\*\)/g, (found, slash: string = '') => {
        const name = keys[group++]?.name;
        return found === '(.*)' ? '*' : `${slash}:${name}`;
      })
      .replace(/\\([.-])/g, '$1'),
  );
  const readable = alternatives.every((each) => each !== undefined && !/[\\()[\]{}^$|?+]/.test(each));
  return readable ? alternatives.join('|') : compiled;
}

/** What is left of a path below the mount of an app, whose pattern has as many segments as its path. */
function below(path: string, mount: string): string {
  if (mount === '' || mount === '/') return path;
  const depth = mount.split('/').length;
  const rest = path.split('/').slice(depth).join('/');
  return rest === '' ? '' : `/${rest}`;
}

function textOf(path: Path): string {
  if (typeof path === 'string') return path;
  return path instanceof RegExp ? path.source : path.map(textOf).join('|');
}

function join(...patterns: readonly string[]): string {
  const joined = patterns.map((pattern) => (pattern.endsWith('/') ? pattern.slice(0, -1) : pattern)).join('');
  return joined === '' ? '/' : joined;
}
