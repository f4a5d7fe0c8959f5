import { runCli } from './cli/program';
import { exitCode } from './errors';
import { onStopSignals } from './stop-signals';

/** Handles that a finished command left open may keep the process no longer than this. */
const lingerMs = 1_000;

const command = process.argv[2] ?? '';
/** Of a release gate 1 says that the release is bad: one that breaks off has said nothing of it. */
const brokenOff = command === 'verify' ? exitCode.inconclusive : exitCode.failure;
// It holds, too, when nothing is left to wait for and no command has ended.
process.exitCode = brokenOff;

const stop = new AbortController();
onStopSignals({ first: (signal) => stop.abort(signal), again: () => process.exit(brokenOff) });

// What is acknowledged is on disk, so after a bug ending at once is safer than going on.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (reason: unknown) => {
    const { message, stack } =
      reason instanceof Error ? reason : { message: String(reason), stack: undefined };
    process.stderr.write(
      `${JSON.stringify({ level: 'fatal', time: Date.now(), msg: event, err: { message, stack } })}\n`,
    );
    process.exit(brokenOff);
  });
}

// The reader of a pipe may leave (`selfcheer tail | head`): a command ends quietly. The service goes on unheard, and what
// judges ends with what it found.
const serving = ['start', 'sidecar'].includes(command);
const judging = ['verify', 'conform'].includes(command);
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (!serving && !judging) process.exit(exitCode.ok);
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

void runCli(
  process.argv.slice(2),
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
  },
  {
    // Loaded only when it is needed: `selfcheer send --help` should not wait for Kafka, gRPC and the store.
    startApp: async (config) => (await import('./app.js')).startApp(config),
  },
).then((code) => {
  process.exitCode = code;
  // A service has closed all that it needs to; what a collector or a broker that hangs still holds is not waited for.
  if (serving) process.exit(code);
  setTimeout(() => process.exit(code), lingerMs).unref();
});
