import { gzipSync } from 'node:zlib';
import { type Check, pluginFiles, pluginText, type Submission, when } from './check';

const maxGzippedBytes = 60 * 1024;

/** What module.js must not hold, and why. */
const forbidden: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bconsole\.\w+/, 'writes to the console'],
  [/\beval\(|\bnew Function\(|\bFunction\("/, 'makes code from text'],
  [/\bdebugger\b/, 'stops in a debugger'],
  [
    /\b(window|globalThis)\.(open|location|alert|confirm|prompt|grafanaBootData)\b|\b(alert|confirm|prompt)\(/,
    'uses the window',
  ],
  [/__SECRET_INTERNALS|react\.(production|development)|react-dom\.(production|development)/, 'holds a copy of React'],
  [/\bfindDOMNode\b|\.unmountComponentAtNode\b|\.createFactory\b|ReactDOM\.render\b/, 'uses what React 19 removed'],
  [/\bPanelCtrl\b|\bMetricsPanelCtrl\b|["']grafana\/app\/plugins\/sdk["']|ng-controller/, 'uses Angular'],
  [/\/api\/ds\/query/, 'asks data sources behind the back of Grafana'],
  [
    /google-analytics|googletagmanager|segment\.(io|com)|mixpanel|hotjar|matomo|plausible\.io|sentry\.io/i,
    'tracks people',
  ],
  [/\bdangerouslySetInnerHTML\b|\.innerHTML\s*=|document\.write\(/, 'writes markup'],
];

const shape: Check = {
  name: 'module',
  run: (submission) => {
    const text = pluginText(submission, 'module.js');
    if (text === undefined) {
      return ['module.js is missing.'];
    }
    const gzipped = gzipSync(text, { level: 9 }).length;
    return [
      ...when(!/^(\s*\/\*[^]*?\*\/)*\s*define\(\[/.test(text), 'module.js is no AMD module: Grafana cannot load it.'),
      ...when(!/^define\(\[[^\]]*"react"/m.test(text), 'module.js does not take React from Grafana.'),
      ...when(
        gzipped > maxGzippedBytes,
        `module.js has ${gzipped} bytes when gzipped; the limit is ${maxGzippedBytes}.`
      ),
    ];
  },
};

const behaviour: Check = {
  name: 'module-code',
  run: (submission) =>
    [...pluginFiles(submission)]
      .filter(([name]) => name.endsWith('.js'))
      .flatMap(([name]) => {
        const text = pluginText(submission, name) ?? '';
        return forbidden
          .filter(([pattern]) => pattern.test(text))
          .map(([pattern, what]) => `${name} ${what} ("${pattern.exec(text)?.[0]}").`);
      }),
};

const sourceMap: Check = {
  name: 'source-map',
  run: (submission) => {
    const text = pluginText(submission, 'module.js.map');
    if (text === undefined) {
      return ['module.js.map is missing.'];
    }
    try {
      return differing(JSON.parse(text), submission);
    } catch {
      return ['module.js.map is no source map.'];
    }
  },
};

/** Sources of the map that are not those of the repository: the archive would not be built from what is published. */
function differing(map: { sources: string[]; sourcesContent: string[] }, { source }: Submission): string[] {
  const own = map.sources.flatMap((name, index) => {
    const [, file] = /^webpack:\/\/[^/]+\/\.\/(?!node_modules\/)(.+)$/.exec(name) ?? [];
    return file === undefined ? [] : [{ file, content: map.sourcesContent[index] }];
  });
  return [
    ...when(own.length === 0, 'module.js.map names no source of the plugin.'),
    ...own
      .filter(({ file, content }) => source(file) !== content)
      .map(({ file }) => `module.js.map: src/${file} is not what module.js is built from; build it again.`),
  ];
}

export const moduleChecks: readonly Check[] = [shape, behaviour, sourceMap];
