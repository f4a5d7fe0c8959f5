// Makes grafana.json: JSON Schemas of dashboards and of the panels that are used, from Grafana's own types, as Grafana
// ships none. Run by hand when Grafana moves on: node provisioning/schema/make.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const grafana = '13.2.2';
const generator = '2.4.0';
const panels = ['timeseries', 'stat', 'bargauge', 'heatmap', 'state-timeline', 'table'];

const folder = mkdtempSync(path.join(tmpdir(), 'grafana-schema-'));
try {
  writeFileSync(path.join(folder, 'package.json'), '{}');
  const packages = [`@grafana/schema@${grafana}`, `ts-json-schema-generator@${generator}`];
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', ...packages], { cwd: folder });
  const raw = './node_modules/@grafana/schema/dist/types/raw';
  const types = new Map([['dashboard', ['Dashboard', `${raw}/dashboard/x/types.gen`]]]);
  for (const panel of panels) {
    const place = `${raw}/composable/${panel.replace('-', '')}/panelcfg/x/types.gen`;
    types.set(`${panel} options`, ['Options', place]);
    types.set(`${panel} field`, ['FieldConfig', place]);
  }
  const entry = path.join(folder, 'entry.ts');
  const lines = [...types.values()].map(
    ([type, from], n) => `import type { ${type} as I${n} } from '${from}';\nexport type T${n} = I${n};`,
  );
  writeFileSync(entry, lines.join('\n'));
  const tsconfig = path.join(folder, 'tsconfig.json');
  const compilerOptions = { strict: true, module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true };
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, include: ['entry.ts'] }));
  const { createGenerator } = createRequire(entry)('ts-json-schema-generator');
  const schemas = {};
  [...types.keys()].forEach((name, n) => {
    const settings = { path: entry, tsconfig, type: `T${n}`, jsDoc: 'none', additionalProperties: false };
    schemas[name] = createGenerator({ ...settings, skipTypeCheck: true }).createSchema(`T${n}`);
  });
  const target = path.join(import.meta.dirname, 'grafana.json');
  writeFileSync(target, `${JSON.stringify({ grafana, schemas })}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
