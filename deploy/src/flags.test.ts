import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cheerFlags, createFlags } from '@selfcheer/cheer-kit';
import { flagsConfigMap } from './flags';

/** The flags of a pod of that track, from the file as the ConfigMap brings it. */
async function flagsOf(track: string): Promise<readonly unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'selfcheer-flags-'));
  const file = join(folder, 'flags.json');
  writeFileSync(file, flagsConfigMap().data?.['flags.json'] ?? '');
  const flags = await createFlags({
    file,
    definitions: cheerFlags({ budgetFloorRatio: 0.1 }),
    context: { targetingKey: 'pod', service: 'selfcheer-exporter', version: '1.0.0', track },
    logger: { info: () => undefined, error: () => undefined },
  });
  try {
    expect(flags.problem()).toBeUndefined();
    return ['health-cheer', 'cheer-threshold', 'sampling-ratio'].map((flag) =>
      flags.value(flag as 'health-cheer' | 'cheer-threshold' | 'sampling-ratio'),
    );
  } finally {
    await flags.close();
    rmSync(folder, { recursive: true });
  }
}

test.each([
  ['stable', [true, 0.1, 0.1]],
  ['canary', [true, 0.25, 1]],
  ['preview', [true, 0.25, 1]],
])('a pod of the track %s has its flags', async (track, values) => {
  expect(await flagsOf(track)).toEqual(values);
});
