import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand, RunningCommand } from '../../e2e/helpers/commands';
import { ReleaseError } from './project';

/**
 * Installs packed packages into an empty folder, as their users do, and starts the exporter there for a moment: it says its
 * version, takes an event, tells its metrics and drains. @throws ReleaseError, or what the command said
 */
export async function proveInstalled(tarballs: readonly string[], version: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'selfcheer-proof-'));
  const bin = path.join(folder, 'node_modules/.bin/selfcheer');
  const env = {
    SELFCHEER_HTTP: '127.0.0.1:0',
    SELFCHEER_GRPC: '127.0.0.1:0',
    SELFCHEER_ADMIN: '127.0.0.1:0',
    SELFCHEER_DATA_DIR: path.join(folder, 'data'),
  };
  try {
    writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--omit=dev', '--loglevel=error'];
    await runCommand('npm', ['install', ...quiet, ...tarballs], { cwd: folder }, 300_000);
    expect('selfcheer --version', (await runCommand(bin, ['--version'], { cwd: folder })).trim(), version);
    await runCommand(bin, ['new', 'shop'], { cwd: folder });
    await runCommand(process.execPath, ['-e', "require('@selfcheer/cheer-kit').createService"], {
      cwd: folder,
    });

    const exporter = await RunningCommand.start(bin, ['start'], { cwd: folder, env });
    try {
      await useIt(exporter.ready, version);
      await exporter.interrupt();
    } finally {
      exporter.dispose();
    }
    const kept = await runCommand(bin, ['tail', '--from', 'start'], { cwd: folder, env });
    expect('the event that was published', kept.includes('release-1'), true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function useIt({ http, admin }: Readonly<Record<string, string>>, version: string): Promise<void> {
  const body = JSON.stringify({ event_id: 'release-1', payload: { proof: true } });
  const headers = { 'content-type': 'application/json' };
  const signal = AbortSignal.timeout(30_000);
  const taken = await fetch(`http://${http}/v1/events`, { method: 'POST', headers, body, signal });
  expect('POST /v1/events', taken.status, 202);
  const metrics = await (await fetch(`http://${admin}/metrics`, { signal })).text();
  expect('cheer_build_info', /^cheer_build_info\{.*version="([^"]+)"/m.exec(metrics)?.[1], version);
  while ((await pending(`http://${admin}`, signal)) > 0) await sleep(100, undefined, { signal });
}

/** How many events are acknowledged and not yet published. */
async function pending(admin: string, signal: AbortSignal): Promise<number> {
  const answer = await fetch(`${admin}/api/v1/pipeline`, { signal });
  const { lanes } = (await answer.json()) as { lanes: readonly { pending: number }[] };
  return lanes.reduce((sum, lane) => sum + lane.pending, 0);
}

function expect<T>(what: string, found: T, wanted: T): void {
  if (found !== wanted)
    throw new ReleaseError(`${what} of what is packed: ${String(found)}, not ${String(wanted)}`);
}
