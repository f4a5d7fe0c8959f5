import { runCli } from './cli/program';
import { exitCode } from './errors';

/** Handles that a finished command left open may keep the process no longer than this. */
const lingerMs = 1_000;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(exitCode.failure);
    stop.abort(signal);
  });
}

// What is acknowledged is on disk, so after a bug ending at once is safer than going on.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (reason: unknown) => {
    const { message, stack } =
      reason instanceof Error ? reason : { message: String(reason), stack: undefined };
    process.stderr.write(
      `${JSON.stringify({ level: 'fatal', time: Date.now(), msg: event, err: { message, stack } })}\n`,
    );
    process.exit(exitCode.failure);
  });
}

// The reader of a pipe may leave (`selfcheer tail | head`): a command ends quietly, the service goes on unheard.
const serving = ['start', 'sidecar'].includes(process.argv[2] ?? '');
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  if (!serving) process.exit(exitCode.ok);
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
