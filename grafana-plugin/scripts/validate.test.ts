import { readFileSync } from 'node:fs';
import path from 'node:path';
import { strToU8 } from 'fflate';
import { digest, textOf } from './archive';
import { checks } from './checks/all';
import { type Submission } from './checks/check';

const id = 'selfcheer-cheermeter-panel';
const root = path.resolve(__dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const { version } = JSON.parse(read('package.json'));
const source = 'export const plugin = 1;\n';

/** The first bytes of a PNG image: signature, length and name of the first chunk, width and height. */
function png(width: number): Uint8Array {
  const bytes = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, ...Array(8).fill(0)]);
  new DataView(bytes.buffer).setUint32(16, width);
  return bytes;
}

function builtMetadata() {
  const metadata = JSON.parse(read('src/plugin.json'));
  metadata.info.version = version;
  metadata.info.updated = '2026-11-21';
  metadata.info.screenshots = [{ name: 'The meter', path: 'img/screenshot.png' }];
  return metadata;
}

/** An archive in which there is nothing to be found: the plugin's own texts, a small module, a picture. */
function good(): Map<string, Uint8Array> {
  const module = `/* built */\ndefine(["@grafana/data","react"],(d,r)=>(()=>{"use strict";return r.memo})());\n`;
  const map = { sources: ['webpack://x/external "react"', 'webpack://x/./module.ts'], sourcesContent: ['', source] };
  const files: Record<string, string> = {
    'plugin.json': JSON.stringify(builtMetadata()),
    'README.md': read('src/README.md'),
    'CHANGELOG.md': read('CHANGELOG.md'),
    LICENSE: read('LICENSE'),
    'module.js': module,
    'module.js.map': JSON.stringify(map),
    'img/logo.svg': read('src/img/logo.svg'),
  };
  const entries = Object.entries(files).map(([name, text]) => [`${id}/${name}`, strToU8(text)] as const);
  return new Map([...entries, [`${id}/img/screenshot.png`, png(1200)]]);
}

function submit(files: Map<string, Uint8Array>, rest: Partial<Submission> = {}): Submission {
  const zip = strToU8('zip');
  const archive = `${id}-${version}.zip`;
  const checksums = new Map(
    (['sha1', 'sha256'] as const).map((algorithm) => [algorithm, `${digest(algorithm, zip)}  ${archive}\n`])
  );
  const sources = (file: string) => (file === 'module.ts' ? source : undefined);
  return { archive, files, checksums, zip, packageVersion: version, source: sources, ...rest };
}

function failing(submission: Submission): string[] {
  return checks.filter(({ run }) => run(submission).length > 0).map(({ name }) => name);
}

const edit = (file: string, change: (text: string) => string) => (files: Map<string, Uint8Array>) =>
  void files.set(`${id}/${file}`, strToU8(change(textOf(files, `${id}/${file}`) ?? '')));
const add = (file: string, text: string) => edit(file, () => text);
const remove = (file: string) => (files: Map<string, Uint8Array>) => void files.delete(`${id}/${file}`);
const metadata = (change: (metadata: ReturnType<typeof builtMetadata>) => void) =>
  edit('plugin.json', (text) => {
    const parsed = JSON.parse(text);
    change(parsed);
    return JSON.stringify(parsed);
  });
const picture = (bytes: Uint8Array) => (files: Map<string, Uint8Array>) =>
  void files.set(`${id}/img/screenshot.png`, bytes);
const code = (statement: string) => edit('module.js', (text) => text.replace('return', `${statement};return`));
const logo = (inner: string) => add('img/logo.svg', `<svg xmlns="http://www.w3.org/2000/svg">${inner}</svg>`);

type Fault = (files: Map<string, Uint8Array>) => Partial<Submission> | void;

/** What is planted, and the check that has to find it. */
const faults: Array<[check: string, fault: string, plant: Fault]> = [
  ['layout', 'two folders', (files) => void files.set('other/file', strToU8(''))],
  ['layout', 'a path that leads out', (files) => void files.set(`${id}/../../etc/x`, strToU8(''))],
  ['layout', 'another folder than the id', metadata((json) => (json.id = 'selfcheer-other-panel'))],
  ['layout', 'nothing', (files) => files.clear()],
  ['contents', 'a test', add('module.test.js', 'test()')],
  ['contents', 'a source', add('module.ts', source)],
  ['contents', 'a hidden file', add('.DS_Store', '')],
  ['contents', 'a second plugin', add('nested/plugin.json', '{}')],
  ['archive-name', 'a name without a version', () => ({ archive: `${id}.zip` })],
  ['checksums', 'no checksums', () => ({ checksums: new Map() })],
  ['checksums', 'another archive than the checksums are of', () => ({ zip: strToU8('changed') })],
  ['metadata', 'no plugin.json', remove('plugin.json')],
  ['metadata', 'plugin.json cut short', edit('plugin.json', (text) => text.slice(0, 50))],
  ['metadata', 'a property that there is not', metadata((json) => (json.info.colour = 'green'))],
  ['metadata', 'an id in capitals', metadata((json) => (json.id = 'Selfcheer-Cheermeter-panel'))],
  ['metadata', 'no description', metadata((json) => (json.info.description = ' '))],
  ['metadata', 'too few keywords', metadata((json) => (json.info.keywords = ['panel']))],
  ['metadata', 'the day of the build not filled in', metadata((json) => (json.info.updated = '%TODAY%'))],
  ['metadata', 'an unsafe link', metadata((json) => json.info.links.push({ name: 'a', url: 'http://a.b' }))],
  ['metadata', 'a development build', metadata((json) => (json.buildMode = 'development'))],
  ['name', 'an id that does not end with the type', metadata((json) => (json.id = 'selfcheer-panel-cheermeter'))],
  ['name', 'the id as the name', metadata((json) => (json.name = id))],
  ['name', "the product's name in the plugin's", metadata((json) => (json.name = 'Grafana cheer'))],
  ['description', 'three sentences', metadata((json) => (json.info.description = 'A. B! C?'))],
  ['version', 'another version than package.json', () => ({ packageVersion: '9.9.9' })],
  ['version', 'no version at all', metadata((json) => (json.info.version = '%VERSION%'))],
  ['grafana-dependency', 'no range', metadata((json) => (json.dependencies.grafanaDependency = 'latest'))],
  ['grafana-dependency', 'one version', metadata((json) => (json.dependencies.grafanaDependency = '12.4.10'))],
  ['grafana-dependency', 'too new a one', metadata((json) => (json.dependencies.grafanaDependency = '>=13.0.0'))],
  [
    'sponsorship',
    'a link for money',
    metadata((json) => json.info.links.push({ name: 'Sponsor', url: 'https://a.b' })),
  ],
  ['image-paths', 'a logo that is not there', remove('img/logo.svg')],
  ['image-paths', 'a screenshot that is not there', remove('img/screenshot.png')],
  ['image-paths', 'a path from outside', metadata((json) => (json.info.logos.small = 'https://a.b/logo.svg'))],
  ['logos', 'a logo that is no drawing', metadata((json) => (json.info.logos.large = 'img/screenshot.png'))],
  ['screenshots', 'no screenshots', metadata((json) => (json.info.screenshots = []))],
  ['screenshots', 'a screenshot that is no picture', picture(strToU8('<html>'))],
  ['screenshots', 'a screenshot too small to be read', picture(png(200))],
  ['safe-svg', 'a script', logo('<script>1</script>')],
  ['safe-svg', 'a handler', logo('<g onload="1"/>')],
  ['safe-svg', 'a foreign object', logo('<foreignObject/>')],
  ['safe-svg', 'a picture from elsewhere', logo('<rect fill="url(https://a.b/c)"/>')],
  ['safe-svg', 'an entity', edit('img/logo.svg', (text) => `<!DOCTYPE svg [<!ENTITY a "b">]>${text}`)],
  ['safe-svg', 'no XML', logo('<g>')],
  ['readme', 'no README', remove('README.md')],
  ['readme', 'a README of the template', edit('README.md', (text) => `${text}\nGrafana Panel Plugin Template`)],
  ['readme', 'a comment', edit('README.md', (text) => `${text}<!-- later -->`)],
  ['readme', 'a link that leads nowhere', edit('README.md', (text) => `${text}[docs](docs/x.md)`)],
  ['readme', 'words of developers', edit('README.md', (text) => `${text}\nRun npm install.`)],
  ['readme', 'hardly a word', add('README.md', '# Cheer-meter\n')],
  ['changelog', 'no CHANGELOG', remove('CHANGELOG.md')],
  ['changelog', 'a CHANGELOG without this version', add('CHANGELOG.md', '# Changelog\n\n## 0.0.1\n')],
  ['license', 'no LICENSE', remove('LICENSE')],
  ['license', 'another LICENSE', add('LICENSE', 'All rights reserved.')],
  ['license', 'gaps in the LICENSE', edit('LICENSE', (text) => `${text}{yyyy}`)],
  ['module', 'no module.js', remove('module.js')],
  ['module', 'a module that is not AMD', add('module.js', 'export const plugin = 1;')],
  ['module', 'a module without React', edit('module.js', (text) => text.replace(',"react"', ''))],
  [
    'module',
    'too large a module',
    edit('module.js', (text) => text + Array.from({ length: 40_000 }, (_, i) => (i * 7919 * 104_729).toString(36))),
  ],
  ['module-code', 'output on the console', code('console.log(1)')],
  ['module-code', 'code from text', code('eval("1")')],
  ['module-code', 'a dialog of the browser', code('window.alert(1)')],
  ['module-code', 'a window that is opened', code('window.open("x")')],
  ['module-code', 'a copy of React', code('r.__SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED')],
  ['module-code', 'what React 19 removed', code('r.findDOMNode(1)')],
  ['module-code', 'Angular', code('class A extends MetricsPanelCtrl{}')],
  ['module-code', 'tracking', code('fetch("https://www.google-analytics.com/c")')],
  ['module-code', 'markup', code('r.innerHTML="a"')],
  ['source-map', 'no map', remove('module.js.map')],
  ['source-map', 'a map cut short', edit('module.js.map', (text) => text.slice(0, 20))],
  ['source-map', 'a map without sources', add('module.js.map', '{"sources":[],"sourcesContent":[]}')],
  ['source-map', 'other sources than those in the repository', () => ({ source: () => 'changed' })],
];

describe('the validator', () => {
  it('finds nothing in a good archive', () => {
    const submission = submit(good());
    expect(checks.flatMap(({ run }) => run(submission))).toEqual([]);
  });

  it.each(faults)('%s finds %s', (check, _fault, plant) => {
    const files = good();
    const rest = plant(files) ?? {};
    expect(failing(submit(files, rest))).toContain(check);
  });

  it('has a fault for each check', () => {
    expect([...new Set(faults.map(([check]) => check))].sort()).toEqual(checks.map(({ name }) => name).sort());
  });
});
