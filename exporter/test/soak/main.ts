/** npm run soak; see options.ts. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { root } from '../../../e2e/helpers/exporter-process';
import { onStopSignals } from '../../src/stop-signals';
import { keyOf } from './identities';
import { help, readOptions, type SoakOptions } from './options';
import { markdown, type SoakResult } from './report';
import { soak } from './run';

/** What is missing on this machine for that; undefined when nothing is. */
function missingPart({ faults }: SoakOptions): string | undefined {
  const parts: (readonly [name: string, flag: string, how: string])[] = [
    ['kcat', '-V', 'apt-get install kcat'],
    ['java', '-version', 'apt-get install default-jre-headless'],
  ];
  if (faults.includes('disk')) {
    parts.push(['strace', '-V', 'apt-get install strace, or leave "disk" out of --faults']);
  }
  for (const [name, flag, how] of parts) {
    try {
      execFileSync(name, [flag], { stdio: 'ignore' });
    } catch {
      return `${name} is missing: ${how}`;
    }
  }
  return undefined;
}

function readVersions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(path.join(root, 'exporter/package.json'), 'utf8')) as {
    version: string;
  };
  const pom = readFileSync(path.join(root, 'e2e/kafka/pom.xml'), 'utf8');
  const kafka = /<kafka\.version>([^<]+)</.exec(pom)?.[1] ?? 'unknown';
  return { selfcheer: version, node: process.version, kafka };
}

function interruptible(): AbortSignal {
  const interrupt = new AbortController();
  onStopSignals({
    first: () => {
      process.stderr.write('\nsoak: ends; the account is drawn up. Ctrl-C again ends at once\n');
      interrupt.abort();
    },
    again: () => process.exit(130),
  });
  return interrupt.signal;
}

async function main(): Promise<number> {
  let options: SoakOptions | 'help';
  try {
    options = readOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 32));
  } catch (error) {
    process.stderr.write(`soak: ${(error as Error).message}. npm run soak -- --help tells more.\n`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(help);
    return 0;
  }
  const missing = missingPart(options);
  if (missing !== undefined) {
    process.stderr.write(`soak: ${missing}\n`);
    return 2;
  }
  // The command line reads it, with which the quarantine is looked at.
  process.env['SELFCHEER_API_KEY'] = keyOf('watch');
  const { json, markdown: markdownFile, ...told } = options;
  const result: SoakResult = {
    date: new Date().toISOString(),
    versions: readVersions(),
    machine: { cores: cpus().length, memoryGibibytes: Math.round(totalmem() / 2 ** 30) },
    options: { ...told },
    ...(await soak(options, interruptible())),
  };
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  if (markdownFile !== undefined) writeFileSync(markdownFile, markdown(result));
  process.stdout.write(markdown(result));
  return result.passed ? 0 : 1;
}

main().then(
  // Idle connections of fetch would keep it for some seconds more.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`soak: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
