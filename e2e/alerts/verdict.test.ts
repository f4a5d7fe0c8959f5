import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../helpers/exporter-process';
import { runTool } from './promtool';
import { failsInEngine, promtoolTest } from './verdict/replay';
import { vectors } from './verdict/vectors';

/*
 * The verdict is reckoned twice: in the process, and by the recording rules from what the process shows. Both must come
 * to the same, or CheerVerdictDisagrees would tell of nothing but that.
 */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-verdict-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(vectors.map((vector) => [vector.name, vector] as const))('the engine: %s', (_, vector) => {
  expect(failsInEngine(vector)).toEqual(vector.fails);
});

test.each(vectors.map((vector, i) => [vector.name, vector, i] as const))(
  'the rules: %s',
  async (_, vector, i) => {
    const file = path.join(folder, `${i}.test.yml`);
    const suite = {
      rule_files: [path.join(root, 'alerts/recording.rules.yml')],
      evaluation_interval: '30s',
      tests: [promtoolTest(vector)],
    };
    // JSON is YAML too.
    await writeFile(file, JSON.stringify(suite));
    expect(await runTool('promtool', 'test', 'rules', file)).toMatchObject({ ok: true });
  },
  120_000,
);
