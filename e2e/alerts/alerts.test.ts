import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from './selfcheer';
import { runTool } from './promtool';
import { committedSuite, plainSuite, textOf, type Suite } from './test-files';

const alerts = path.join(__dirname, '../../alerts');
const texts = ({ rules, files }: Suite): [string, string][] =>
  files.map((file) => [file.name, textOf(file, rules)]);

describe('promtool and amtool take what is committed', () => {
  test('rules', async () => {
    const names = ['recording.rules.yml', 'alerts.rules.yml'].map((name) => path.join(alerts, name));
    const { ok, text } = await runTool('promtool', 'check', 'rules', '--lint-fatal', ...names);
    expect([ok, text]).toEqual([true, expect.stringContaining('SUCCESS')]);
  });

  test('alertmanager.yml', async () => {
    const { ok, text } = await runTool('amtool', 'check-config', path.join(alerts, 'alertmanager.yml'));
    expect([ok, text]).toEqual([true, expect.stringContaining('SUCCESS')]);
  });
});

test.each([
  ['CheerWatchdog', 'none', 'dead-mans-switch'],
  ['CheerErrorBudgetBurn', 'critical', 'pager'],
  ['CheerErrorRateHigh', 'warning', 'tickets'],
  ['CheerMeterYellow', 'info', 'null'],
])('%s with severity %s goes to %s', async (alert, severity, receiver) => {
  const config = `--config.file=${path.join(alerts, 'alertmanager.yml')}`;
  const labels = [`alertname=${alert}`, `severity=${severity}`];
  const { ok, text } = await runTool(
    'amtool',
    'config',
    'routes',
    'test',
    config,
    `--verify.receivers=${receiver}`,
    ...labels,
  );
  expect([ok, text]).toEqual([true, expect.any(String)]);
});

describe.each(texts(committedSuite()))('%s', (name, text) => {
  const committed = path.join(alerts, 'tests', name);

  test('is what its cases make', async () => {
    expect(await readFile(committed, 'utf8')).toBe(text);
  });

  test('passes', async () => {
    const result = await runTool('promtool', 'test', 'rules', committed);
    expect([result.ok, result.text]).toEqual([true, expect.any(String)]);
  });
});

describe('what `selfcheer rules` makes is taken, too', () => {
  let folder: string;
  const make = async (...flags: readonly string[]): Promise<void> => {
    await runCommand('rules', '--out', folder, ...flags);
    const made = ['recording.rules.yml', 'alerts.rules.yml'].map((name) => path.join(folder, name));
    const { ok, text } = await runTool('promtool', 'check', 'rules', '--lint-fatal', ...made);
    expect([ok, text]).toEqual([true, expect.stringContaining('SUCCESS')]);
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-rules-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('the fast profile', () => make('--slos', path.join(alerts, 'slos.yml'), '--profile', 'fast'));

  test('the example of plain services, which is right about their events', async () => {
    await make('--slos', path.join(alerts, 'examples/slos.yml'));
    await mkdir(path.join(folder, 'tests'));
    for (const [name, text] of texts(plainSuite())) {
      const file = path.join(folder, 'tests', name);
      await writeFile(file, text);
      const result = await runTool('promtool', 'test', 'rules', file);
      expect([result.ok, result.text]).toEqual([true, expect.any(String)]);
    }
  });
});
