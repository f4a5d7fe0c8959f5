/** npm run release:dry */
import { dryRun } from './dry-run';
import { help, readOptions } from './options';
import { ReleaseError, UsageError } from './project';

const stop = new AbortController();
// What runs gets it too, and ends; this tidies up behind it.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stop.abort(new ReleaseError('interrupted')));

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (options === 'help') return void process.stdout.write(help);
  await dryRun(options, { say: (text) => process.stdout.write(text), env: process.env, stop: stop.signal });
}

main(process.argv.slice(2)).catch((error: Error) => {
  const known = error instanceof UsageError || error instanceof ReleaseError;
  const text = error.message.replaceAll('\n', '\n  ');
  process.stderr.write(`release:dry: ${known || stop.signal.aborted ? text : (error.stack ?? text)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
