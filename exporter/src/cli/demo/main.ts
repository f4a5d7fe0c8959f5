import { exitCode } from '../../errors';
import { onStopSignals } from '../../stop-signals';
import { runDemo } from './demo';

const stop = new AbortController();
onStopSignals({ first: (signal) => stop.abort(signal), again: () => process.exit(exitCode.failure) });

void runDemo(process.argv.slice(2), stop.signal).then((code) => process.exit(code));
