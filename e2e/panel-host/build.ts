import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { VersionSet } from './version-set';

const src = path.join(__dirname, 'src');

/** The page's packages are those of the version set, whatever stands in the folders above. */
const fromVersionSet = (folder: string): Plugin => ({
  name: 'from-version-set',
  setup(page) {
    page.onResolve({ filter: /^[^./]/ }, ({ importer, path: wanted, kind, pluginData }) => {
      if (pluginData === 'own' || !importer.startsWith(src)) return undefined;
      const internal = /^grafana-runtime\/(.*)$/.exec(wanted)?.[1];
      if (internal !== undefined)
        return { path: path.join(folder, 'node_modules/@grafana/runtime/dist/esm', internal) };
      return page.resolve(wanted, { resolveDir: folder, kind, pluginData: 'own' });
    });
  },
});

/**
 * Scenes look at run time which names the installed @grafana/runtime and @grafana/schema have. webpack lets a missing
 * one be undefined, esbuild does not: their imports become look-ups.
 */
const softImports: Plugin = {
  name: 'soft-imports',
  setup(page) {
    const importing = /import \{([^}]*)\} from '(@grafana\/(?:runtime|schema\/dist\/[^']*))';/g;
    page.onLoad(
      { filter: /@grafana\/(plugin-compat|scenes)\/dist\/esm\/.*\.m?js$/ },
      async ({ path: file }) => {
        let count = 0;
        const contents = (await readFile(file, 'utf8')).replace(
          importing,
          (_, names: string, from: string) => {
            const whole = `soft${count++}$`;
            return `import * as ${whole} from '${from}'; const {${names.replaceAll(' as ', ': ')}} = { ...${whole} };`;
          },
        );
        return { contents, loader: 'js' };
      },
    );
  },
};

/** A package for Node.js among Grafana's imports it; it is never called in the browser. */
const noStream: Plugin = {
  name: 'no-stream',
  setup(page) {
    page.onResolve({ filter: /^stream$/ }, () => ({ path: 'stream', namespace: 'empty' }));
    page.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({
      contents: 'export default {}; export class Duplex {}',
    }));
  },
};

/** Changes with everything that the built page depends on. */
async function fingerprint({ folder }: VersionSet): Promise<string> {
  const sources = (await readdir(src)).sort().map((name) => path.join(src, name));
  const hash = createHash('sha256');
  for (const file of [...sources, __filename, path.join(folder, 'package-lock.json')])
    hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Builds the page with the packages of a version set, unless that was done. Several processes may do so at once.
 * @returns the folder with `main.js` and `main.css`
 */
export async function buildPage(set: VersionSet): Promise<string> {
  const all = path.join(set.folder, 'dist');
  const folder = path.join(all, await fingerprint(set));
  if (existsSync(folder)) return folder;
  await mkdir(all, { recursive: true });
  const unfinished = await mkdtemp(path.join(all, 'unfinished-'));
  try {
    await build({
      entryPoints: [path.join(src, 'main.tsx')],
      jsx: 'automatic',
      outdir: unfinished,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      mainFields: ['browser', 'module', 'main'],
      conditions: ['import', 'module', 'browser'],
      logLevel: 'error',
      define: {
        // SystemJS has a global `define` for AMD, which packages that look for it must not see.
        'define.amd': 'undefined',
        'process.env.NODE_ENV': '"production"',
        'process.env': '{}',
        global: 'globalThis',
      },
      loader: { '.svg': 'dataurl', '.ttf': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl' },
      plugins: [fromVersionSet(set.folder), softImports, noStream],
    });
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was first.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
