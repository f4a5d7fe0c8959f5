import { PassThrough, Writable, type Readable } from 'node:stream';
import type { CliDependencies } from '../../src/cli/context';
import { runCli } from '../../src/cli/program';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Given {
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly startApp?: CliDependencies['startApp'];
  readonly stdin?: Readable;
  readonly stdout?: Writable & { text: string };
}

/** A stream that keeps what is written to it. */
export function collect(): Writable & { text: string } {
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      (sink as Writable & { text: string }).text += chunk.toString();
      done();
    },
  });
  return Object.assign(sink, { text: '' });
}

/** Runs the command line in this process, as if it had been called in `cwd`. */
export async function runIn(cwd: string, argv: readonly string[], given: Given = {}): Promise<Outcome> {
  const stdout = given.stdout ?? collect();
  const stderr = collect();
  const io = {
    stdin: given.stdin ?? new PassThrough(),
    stdout,
    stderr,
    env: given.env ?? {},
    cwd,
    signal: given.signal ?? new AbortController().signal,
  };
  const startApp = given.startApp ?? (() => Promise.reject(new Error('not in this test')));
  const code = await runCli(argv, io, { startApp });
  return { code, out: stdout.text, err: stderr.text };
}
