import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { bytesOfHeapProfile, functionsOfCpuProfile } from '../../test/profile-format';
import { longestProfileSeconds, Profiler, type ProfileOptions } from './profiler';

/** Works in short turns until the profile is there. */
async function during(work: () => void, profile: Promise<object>): Promise<object> {
  let done = false;
  void profile.catch(() => undefined).then(() => (done = true));
  while (!done) {
    work();
    await nextTurn();
  }
  return profile;
}

function grindInMain(): void {
  let sum = 0;
  for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i);
  if (sum < 0) throw new Error('keeps the loop');
}

/** A function that is optimised may be a part of the one that calls it. */
const inMain: unknown = expect.stringMatching(/^(grindInMain|during)$/);
const inWorker = /^(crunch|pile|turn)$/;

const kept: unknown[] = [];
function hoard(): void {
  kept.push(Array.from({ length: 20_000 }, (_, index) => ({ index })));
  if (kept.length > 40) kept.length = 20;
}

async function startWorker(code: string): Promise<Worker> {
  const worker = new Worker(`${code}\nrequire('node:worker_threads').parentPort.postMessage('up');`, {
    eval: true,
    name: 'cruncher',
  });
  await once(worker, 'message');
  return worker;
}

const crunching = `
  function crunch() { let sum = 0; for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i); return sum; }
  const kept = [];
  function pile() { kept.push(new Array(5000).fill(0).map((_, i) => ({ i }))); if (kept.length > 40) kept.length = 20; }
  setInterval(function turn() { crunch(); pile(); }, 1);
`;

test('a CPU profile shows where the time goes, in the form that DevTools open', async () => {
  const profile = await during(grindInMain, new Profiler().take({ kind: 'cpu', seconds: 0.3 }));
  expect(functionsOfCpuProfile(JSON.parse(JSON.stringify(profile)))).toContainEqual(inMain);
});

test('a heap profile shows who made what is still there', async () => {
  const profile = await during(hoard, new Profiler().take({ kind: 'heap', seconds: 0.3 }));
  const bytes = bytesOfHeapProfile(JSON.parse(JSON.stringify(profile)));
  expect([...bytes].filter(([name, size]) => /hoard|from|during/.test(name) && size > 0)).not.toEqual([]);
  kept.length = 0;
});

describe('a worker thread', () => {
  let worker: Worker | undefined;
  afterEach(() => worker?.terminate());

  test('is profiled by its name', async () => {
    worker = await startWorker(crunching);
    const profiler = new Profiler();
    // On a busy machine a thread may get no turn for so long: the next profile shows it then, or the test's time is over.
    const isSeen = async (
      kind: 'cpu' | 'heap',
      namesIn: (profile: object) => Iterable<string>,
    ): Promise<boolean> => {
      const profile = await profiler.take({ kind, seconds: 0.3, thread: 'cruncher' });
      return [...namesIn(profile)].some((name) => inWorker.test(name)) || isSeen(kind, namesIn);
    };
    expect(await isSeen('cpu', functionsOfCpuProfile)).toBe(true);
    expect(await isSeen('heap', (profile) => bytesOfHeapProfile(profile).keys())).toBe(true);
  });

  test('that is not there is refused, with the names of those that are', async () => {
    worker = await startWorker('setInterval(() => undefined, 1000);');
    await expect(new Profiler().take({ kind: 'cpu', seconds: 1, thread: 'cranker' })).rejects.toMatchObject({
      code: 'unknown_thread',
      retriable: false,
      message: 'There is no thread named cranker; there is main, cruncher.',
    });
  });

  test('that ends takes its profile with it', async () => {
    worker = await startWorker(crunching);
    const taken = new Profiler().take({ kind: 'cpu', seconds: 30, thread: 'cruncher' });
    const refused = expect(taken).rejects.toMatchObject({ code: 'thread_ended', retriable: true });
    await worker.terminate();
    await refused;
  });

  test('that is stuck is given up', async () => {
    const stuck = `require('node:child_process').execFileSync('sleep', ['2'])`;
    worker = await startWorker(`setImmediate(() => ${stuck});`);
    await expect(
      new Profiler(300).take({ kind: 'cpu', seconds: 0.1, thread: 'cruncher' }),
    ).rejects.toMatchObject({ code: 'thread_stuck' });
  });
});

test('one at a time; who stops it leaves nothing behind', async () => {
  const profiler = new Profiler();
  const stop = new AbortController();
  const first = profiler.take({ kind: 'cpu', seconds: 30, signal: stop.signal });
  await expect(profiler.take({ kind: 'heap', seconds: 0.1 })).rejects.toMatchObject({
    code: 'profile_running',
    retriable: true,
  });
  stop.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  const profile = await during(grindInMain, profiler.take({ kind: 'cpu', seconds: 0.1 }));
  expect(functionsOfCpuProfile(profile)).toContainEqual(inMain);
});

test.each([0, -1, Number.NaN, longestProfileSeconds + 1])('%p seconds are refused', async (seconds) => {
  const options: ProfileOptions = { kind: 'cpu', seconds };
  await expect(new Profiler().take(options)).rejects.toThrow(RangeError);
});
