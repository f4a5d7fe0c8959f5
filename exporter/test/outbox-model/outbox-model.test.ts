import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { commands } from './commands';
import { World } from './world';

/*
 * The store against a specification of a hundred lines, through random operations with kills, power losses, full and
 * broken disks in between and in the middle of them. `SELFCHEER_MODEL_RUNS=5000` runs it longer; a failure prints the
 * seed, the path and the shortest list of commands that shows it.
 */
const runs = Number(process.env['SELFCHEER_MODEL_RUNS'] ?? 60);

const options = fc.record({
  lanes: fc.constantFrom(1, 3),
  windowSeconds: fc.constantFrom(12, 30),
  maxIds: fc.constantFrom(8, 1_000, 1_000),
  onConflict: fc.constantFrom('upsert' as const, 'reject' as const),
  quotaBytes: fc.constantFrom(6_000, 2 ** 30),
});

describe('the outbox against its specification', () => {
  let root: string;
  const clock = { ms: 0 };
  // What is synced is known without a disk, and in memory it is several times as fast.
  const volume = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  beforeAll(() => void (root = mkdtempSync(join(volume, 'outbox-model-'))));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  afterEach(() => void jest.restoreAllMocks());

  it(
    'keeps what it acknowledged, once and in order, whatever happens',
    async () => {
      jest.spyOn(performance, 'now').mockImplementation(() => clock.ms);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(options, commands, async (chosen, sequence) => {
          const dir = join(root, String((run += 1)));
          const world = await World.create(dir, clock, chosen);
          try {
            await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
            await world.reopen();
          } finally {
            await world.end();
            rmSync(dir, { recursive: true, force: true });
          }
        }),
        { numRuns: runs, endOnFailure: process.env['SELFCHEER_MODEL_SHRINK'] === 'no' },
      );
    },
    Math.max(120_000, runs * 3_000),
  );
});
