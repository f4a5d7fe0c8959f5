import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand, RunningCommand } from './helpers/commands';
import { root } from './helpers/exporter-process';

/**
 * docs/onboarding.md from an empty folder: a service is made, installed from packed packages, tested, started, looked at
 * and held against the contract, with nothing of this repository but the tarballs.
 */
const anywhere = { LISTEN: '127.0.0.1:0', SELFCHEER_ADMIN: '127.0.0.1:0' };
const npmQuiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
const steps: (readonly [what: string, seconds: number])[] = [];

let folder: string;
let shop: string;
let service: RunningCommand;
let page: RunningCommand | undefined;

/** Does one step of the page, and notes how long it took. */
async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  steps.push([what, (performance.now() - began) / 1000]);
  return result;
}

const inShop = (command: string, ...args: string[]): Promise<string> =>
  runCommand(command, args, { cwd: shop, env: anywhere }, 240_000);
const files = async (where: string): Promise<string[]> =>
  (await readdir(where, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(where, path.join(entry.parentPath, entry.name)))
    .sort();
async function read<T>(url: string): Promise<T> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** What it becomes, once it is as wanted; else what it was last. */
async function eventually<T>(look: () => Promise<T>, good: (found: T) => boolean, tries = 300): Promise<T> {
  for (let left = tries; ; left -= 1) {
    const found = await look();
    if (good(found) || left === 0) return found;
    await sleep(100);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-onboarding-'));
  shop = path.join(folder, 'shop');
  // The packages as they would be published; the build is there already.
  const pack = ['pack', '--ignore-scripts', '--workspaces', '--pack-destination', folder, '--loglevel=error'];
  await runCommand('npm', pack, { cwd: root });
  const bin = path.join(root, 'exporter/bin/selfcheer.js');
  await step('selfcheer new', () =>
    runCommand(process.execPath, [bin, 'new', 'shop', '--packages', '.'], { cwd: folder }),
  );
  await step('npm install', () => inShop('npm', 'install', ...npmQuiet));
  service = await step('npm start', () =>
    RunningCommand.start('npm', ['start'], { cwd: shop, env: anywhere }),
  );
}, 400_000);

afterAll(async () => {
  service?.dispose();
  page?.dispose();
  if (folder) await rm(folder, { recursive: true, force: true });
  const total = steps.reduce((sum, [, seconds]) => sum + seconds, 0);
  const lines = [...steps, ['together', total] as const].map(
    ([what, seconds]) => `  ${what.padEnd(16)} ${seconds.toFixed(1).padStart(6)} s`,
  );
  process.stdout.write(`Onboarding, from an empty folder:\n${lines.join('\n')}\n`);
});

it('its own tests pass', async () => {
  const told = await step('npm test', () => inShop('npm', 'test'));
  expect(told).toMatch(/^(#|ℹ) pass [1-9]/m);
  expect(told).toMatch(/^(#|ℹ) fail 0$/m);
});

it('it answers, cheers in green, and tells its metrics', async () => {
  const { http = '', admin = '' } = service.ready;
  const cheer = await step('to green', async () => {
    expect(await read(`http://${http}/items/7`)).toEqual({ id: 7, name: 'chair' });
    const look = () => read<{ state: string; reasons: unknown[] }>(`http://${admin}/api/v1/cheer`);
    return eventually(look, ({ state }) => state === 'green');
  });
  expect(cheer).toMatchObject({ state: 'green', reasons: [] });
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  expect(metrics).toMatch(/^items_read_total\{result="found"\} 1$/m);
});

it('the live page shows it', async () => {
  const { admin } = service.ready;
  const listen = ['--listen', '127.0.0.1:0', '--target', `http://${admin}=shop`];
  // Not by npx: what it starts would outlive it.
  const selfcheer = path.join(shop, 'node_modules/.bin/selfcheer');
  page = await step('the page', () => RunningCommand.start(selfcheer, ['sidecar', ...listen], { cwd: shop }));
  const home = `http://${page.ready['admin']}`;
  expect(await (await fetch(`${home}/`)).text()).toContain('<html');
  const look = () => read<{ targets: { link: string; state: string | null }[] }>(`${home}/api/v1/targets`);
  const { targets } = await eventually(look, (found) => found.targets[0]?.link === 'live');
  expect(targets).toMatchObject([{ link: 'live', state: 'green' }]);
});

it('Ctrl-C drains it', async () => {
  await service.interrupt();
  expect(JSON.parse(service.lines.at(-1) ?? '')).toMatchObject({ msg: 'drained' });
});

it('it conforms', async () => {
  const told = await step('npm run conform', () => inShop('npm', 'run', '--silent', 'conform'));
  expect(told).toMatch(/^shop 0\.1\.0 conforms: (\d+) of \1 met, 0 missed, 0 not checked\.$/m);
});

it('Prometheus takes its rules, which know its own promise', async () => {
  await step('npm run rules', () => inShop('npm', 'run', '--silent', 'rules'));
  await inShop('promtool', 'check', 'config', 'prometheus.yml');
  const rules = await readFile(path.join(shop, 'rules/recording.rules.yml'), 'utf8');
  expect(rules).toContain('items-fast');
});

it('Helm makes a chart of it, whose dashboard is the one that is there', async () => {
  await inShop('helm', 'lint', '--strict', 'chart');
  const told = await inShop('helm', 'template', 'shop', 'chart');
  const kinds = [...told.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind);
  expect(kinds.sort()).toEqual([
    'ConfigMap',
    'Deployment',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'PodMonitor',
    'Service',
  ]);
  expect(told).not.toMatch(/SERVICE-NAME|<no value>/);
  // What comes from Kubernetes itself, against its strict schemas.
  const own = await inShop('helm', 'template', 'shop', 'chart', '--set', 'monitoring.podMonitor=false');
  await writeFile(path.join(folder, 'chart.yaml'), own);
  const validate = path.join(root, '.cache/venv/bin/kubernetes-validate');
  await inShop(validate, '--strict', '-k', '1.33', '../chart.yaml');
});

it('hadolint has nothing to say of its Dockerfile', async () => {
  expect(await inShop(path.join(root, '.cache/venv/bin/hadolint'), 'Dockerfile')).toBe('');
});

it('the package has the templates: what was installed makes the same service again', async () => {
  const again = path.join(folder, 'again');
  await inShop('npx', '--no', 'selfcheer', 'new', 'shop', '--dir', again, '--packages', '..');
  const made = await files(again);
  expect(made.length).toBeGreaterThan(15);
  for (const file of made) {
    expect([file, await readFile(path.join(again, file), 'utf8')]).toEqual([
      file,
      await readFile(path.join(shop, file), 'utf8'),
    ]);
  }
});
