import { exitCode } from '../../errors';
import { runDemo } from './demo';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(exitCode.failure);
    stop.abort(signal);
  });
}

void runDemo(process.argv.slice(2), stop.signal).then((code) => process.exit(code));
