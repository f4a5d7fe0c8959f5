import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bytesOfHeapProfile, functionsOfCpuProfile } from '../cheer-kit/test/profile-format';
import { TestBrowser } from './helpers/browser';
import { ExporterProcess, runCli } from './helpers/exporter-process';

let directory: string;
let exporter: ExporterProcess;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'selfcheer-profile-'));
  exporter = await ExporterProcess.start();
});

afterAll(async () => {
  await exporter.dispose();
  rmSync(directory, { recursive: true, force: true });
});

/** Posts batches as long as `other` runs. */
async function underLoad<T>(other: Promise<T>): Promise<T> {
  let running = true;
  void other.catch(() => undefined).then(() => (running = false));
  for (let batch = 0; running; batch++) {
    const events = Array.from(
      { length: 500 },
      (_, i) => `{"event_id":"p${batch}-${i}","payload":{"n":${i}}}`,
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await fetch(`${exporter.url}/v1/events`, {
      method: 'POST',
      headers,
      body: events.join('\n'),
    });
    expect([202, 503]).toContain(answer.status);
    await answer.text();
  }
  return other;
}

const fileOf = (kind: 'cpu' | 'heap', thread: string): string =>
  path.join(directory, `${thread}.${kind}profile`);

async function profile(kind: 'cpu' | 'heap', thread: string): Promise<unknown> {
  const file = fileOf(kind, thread);
  const admin = ['--admin', exporter.addresses.admin];
  const args = ['profile', kind, '--seconds', '2', '--thread', thread, '-o', file, ...admin];
  const { code, stdout, stderr } = await underLoad(runCli(args));
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'Sampling for 2 s ...\n' });
  expect(stdout).toContain("Chrome's DevTools");
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Functions of the exporter's own code that only run in that thread. */
const typical = {
  main: /^(parse|append|enqueue|receive|commit|write)/i,
  relay: /^(prepare|enrich|createMessage|logLine|publish|read)/i,
} as const;

test.each(['main', 'relay'] as const)('the %s thread is profiled while it works', async (thread) => {
  const functions = functionsOfCpuProfile(await profile('cpu', thread));
  expect(functions.filter((name) => typical[thread].test(name))).not.toEqual([]);
  // What stays after two seconds may be nothing.
  expect([...bytesOfHeapProfile(await profile('heap', thread)).keys()]).toContain('(root)');
});

test('what is acknowledged meanwhile is acknowledged as ever, and the service goes on', async () => {
  const answer = await fetch(`http://${exporter.addresses.admin}/readyz`);
  expect(answer.status).toBe(200);
  expect(exporter.log).not.toMatch(/"level":"(error|fatal)"|Debugger/);
});

test("Chrome's DevTools read the files", async () => {
  const browser = await TestBrowser.launch();
  try {
    const page = await browser.open('devtools://devtools/bundled/js_app.html', { allowed: /./ });
    const files = JSON.stringify({
      cpu: readFileSync(fileOf('cpu', 'main'), 'utf8'),
      heap: readFileSync(fileOf('heap', 'main'), 'utf8'),
    });
    // The code that Load profile... runs there.
    const read = await page.evaluate<{ samples: number; milliseconds: number; bytes: number }>(`(async () => {
      const { cpu, heap } = ${files};
      const at = 'devtools://devtools/bundled/';
      const { CPUProfileDataModel } = await import(at + 'models/cpu_profile/cpu_profile.js');
      const { HeapProfileView } = await import(at + 'panels/profiler/profiler.js');
      const times = new CPUProfileDataModel.CPUProfileDataModel(JSON.parse(cpu));
      const sizes = new HeapProfileView.SamplingHeapProfileModel(JSON.parse(heap));
      const milliseconds = times.profileEndTime - times.profileStartTime;
      return { samples: times.samples.length, milliseconds, bytes: sizes.total };
    })()`);
    expect(read.samples).toBeGreaterThan(100);
    expect(read.milliseconds).toBeGreaterThan(1_900);
    const bytes = bytesOfHeapProfile(JSON.parse(readFileSync(fileOf('heap', 'main'), 'utf8')));
    expect(read.bytes).toBe([...bytes.values()].reduce((sum, size) => sum + size, 0));
  } finally {
    await browser.close();
  }
});
