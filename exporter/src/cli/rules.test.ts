import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runIn } from '../../test/helpers/cli';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'selfcheer-cli-rules-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const slo = 'name: a, objective: 0.9, sli: {good: x_total, total: y_total}';

test('writes rule files of the kit when there is no slos.yml', async () => {
  const { code, out, err } = await runIn(cwd, ['rules', '--out', 'made']);
  expect([code, out, err]).toEqual([0, '', '']);
  expect(readdirSync(join(cwd, 'made'))).toEqual(['alerts.rules.yml', 'recording.rules.yml']);
  const { groups } = parse(readFileSync(join(cwd, 'made/alerts.rules.yml'), 'utf8')) as {
    groups: { rules: { alert: string }[] }[];
  };
  expect(groups[0]?.rules.find(({ alert }) => alert === 'CheerErrorBudgetBurn')).toMatchObject({
    alert: 'CheerErrorBudgetBurn',
    for: '2m',
    keep_firing_for: '5m',
    labels: { severity: 'critical', component: 'cheer' },
  });
});

test('prints one PrometheusRule of slos.yml in the working directory, and warns', async () => {
  writeFileSync(join(cwd, 'slos.yml'), `kit: false\nslos: [{${slo}}]\n`);
  const { code, out, err } = await runIn(cwd, ['rules', '--format', 'kubernetes']);
  expect(code).toBe(0);
  expect(err).toContain('warning: SLO a: with an objective of 0.9 no outage can burn 14.4 times too fast');
  const made = parse(out);
  expect([made.apiVersion, made.kind]).toEqual(['monitoring.coreos.com/v1', 'PrometheusRule']);
  expect(JSON.stringify(made.spec.groups)).toContain('y_total');
});

test('--name keeps the PrometheusRules of two services apart', async () => {
  const { code, out } = await runIn(cwd, ['rules', '--format', 'kubernetes', '--name', 'shop']);
  expect(code).toBe(0);
  expect(parse(out)).toMatchObject({ kind: 'PrometheusRule', metadata: { name: 'shop' } });
  expect(await runIn(cwd, ['rules', '--format', 'kubernetes', '--name', 'My rules'])).toMatchObject({
    code: 2,
  });
  expect(await runIn(cwd, ['rules', '--name', 'shop'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('add --format kubernetes') as string,
  });
});

test('--profile fast makes hours minutes', async () => {
  const { out } = await runIn(cwd, ['rules', '--profile', 'fast']);
  expect(out).toContain('for: 2s');
});

test('--schema prints a JSON Schema that knows every key', async () => {
  const { code, out } = await runIn(cwd, ['rules', '--schema']);
  const schema = JSON.parse(out) as { properties: object; additionalProperties: boolean };
  expect(code).toBe(0);
  expect(Object.keys(schema.properties)).toEqual(['links', 'kit', 'slos']);
  expect(schema.additionalProperties).toBe(false);
});

describe('what can not be used ends it with 2, and says where', () => {
  test.each([
    ['an unknown key', 'kit: true\nslo: []', 'slos.yml:1'],
    [
      'a wrong objective',
      `kit: true\nslos:\n  - {${slo.replace('0.9', '1')}}`,
      'slos.yml:3 slos.0.objective',
    ],
    ['no SLI', 'slos:\n  - {name: a, objective: 0.9}', 'slos.yml:2 slos.0.sli'],
    ['one name twice', `slos: [{${slo}}, {${slo}}]`, 'SLO a: two of this service have this name'],
    ['no YAML', 'a: [', 'slos.yml:1 is not valid YAML'],
    ['an address that is none', 'links: {runbooks: here}', 'slos.yml:1 links.runbooks'],
  ])('%s', async (_, yaml, message) => {
    writeFileSync(join(cwd, 'slos.yml'), yaml);
    const { code, out, err } = await runIn(cwd, ['rules']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  test('a file that is not there', async () => {
    const { code, err } = await runIn(cwd, ['rules', '--slos', 'none.yml']);
    expect(code).toBe(2);
    expect(err).toContain("Can't read");
  });
});

test('what can not be written ends it with 1', async () => {
  writeFileSync(join(cwd, 'file'), '');
  const { code, err } = await runIn(cwd, ['rules', '--out', 'file/made']);
  expect(code).toBe(1);
  expect(err).toContain("Can't write the rules");
});

test('the slos.yml that docs/alerts.md shows can be used', async () => {
  const page = readFileSync(join(__dirname, '../../../docs/alerts.md'), 'utf8');
  const [yaml = ''] = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, block]) => block);
  writeFileSync(join(cwd, 'slos.yml'), yaml);
  const { code, out, err } = await runIn(cwd, ['rules']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('checkout');
});
