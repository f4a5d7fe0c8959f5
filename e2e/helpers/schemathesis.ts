import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './exporter-process';

const command = path.join(root, '.cache/venv/bin/schemathesis');
const timeoutMs = 240_000;

export interface Finding {
  /** 0 when it found nothing. */
  readonly code: number;
  readonly report: string;
}

/**
 * Lets schemathesis, which e2e/run installs, ask a service whatever its own OpenAPI document allows and forbids. The seed
 * is fixed: a run that finds something does so again.
 */
export async function schemathesis(url: string, ...options: readonly string[]): Promise<Finding> {
  // It keeps what it has learned beside where it runs.
  const cwd = await mkdtemp(path.join(tmpdir(), 'selfcheer-schemathesis-'));
  const args = [
    '--no-color',
    'run',
    `${url}/api/v1/openapi.json`,
    '--seed',
    '1',
    '--continue-on-failure',
    ...options,
  ];
  try {
    return await new Promise<Finding>((resolve, reject) => {
      execFile(
        command,
        args,
        { cwd, timeout: timeoutMs, maxBuffer: 64 * 2 ** 20 },
        (error, stdout, stderr) => {
          if (error && typeof error.code !== 'number')
            reject(new Error('schemathesis did not end by itself', { cause: error }));
          else resolve({ code: Number(error?.code ?? 0), report: stdout + stderr });
        },
      );
    });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
