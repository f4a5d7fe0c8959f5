import { resolve } from 'node:path';
import { createLogger, type LoggerOptions } from '@selfcheer/cheer-kit';
import type { Command } from 'commander';
import pino from 'pino';
import { UsageError } from '../errors';
import { parseTargets } from '../sidecar/targets';
import { addExamples, type CliContext } from './context';
import { signalled, write, type Io } from './io';

interface Flags {
  readonly target: readonly string[];
  readonly listen: string;
  readonly insecure?: boolean;
  readonly dataDir?: string;
  readonly grafana?: string;
  readonly changelog?: string;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export function addSidecarCommand(program: Command, context: CliContext): void {
  const command = program
    .command('sidecar')
    .description('Serve the live page for one or more services that run beside it')
    .option(
      '-t, --target <url[=name]>',
      'admin address of a service, and its name here (default: host and port); once for each service',
      (text: string, earlier: readonly string[]) => [...earlier, text],
      [] as readonly string[],
    )
    .option('--listen <address>', 'host:port of the page; port 0 picks a free one', '127.0.0.1:9465')
    .option('--insecure', 'allow --listen beyond this machine: everyone who reaches it may read')
    .option('--data-dir <dir>', 'keep recorded releases and recent events there over restarts')
    .option('--grafana <url>', 'annotate flag changes and recorded releases there')
    .option('--changelog <file>', 'write flag changes and recorded releases into that HEALTH_CHANGELOG.md')
    .action((flags: Flags) => sidecar(flags, context));
  command.addHelpText(
    'after',
    '\nSELFCHEER_API_KEY is the key, with the role reader, for looking at services that want one. It is never lent to ' +
      'who uses the page.\nSELFCHEER_RECORD_KEY is the key that recording a release takes; without it only who is on this machine may, ' +
      'and nobody with --insecure.\nGRAFANA_TOKEN is for --grafana.\nThe standard OTEL_* and LOG_LEVEL hold. SIGTERM or Ctrl-C ends it.',
  );
  addExamples(
    command,
    'selfcheer sidecar --target 127.0.0.1:9464',
    'selfcheer sidecar --target http://127.0.0.1:9464=exporter --target http://127.0.0.1:9470=orders',
    'selfcheer sidecar --target 127.0.0.1:9464 --data-dir ./sidecar --changelog HEALTH_CHANGELOG.md',
  );
}

function logLevelOf({ LOG_LEVEL: given }: Io['env']): LoggerOptions['level'] {
  const level = logLevels.find((one) => one === (given || 'info'));
  if (level) return level;
  throw new UsageError(`LOG_LEVEL ${given} must be one of ${logLevels.join(', ')}`);
}

async function sidecar(flags: Flags, { io }: CliContext): Promise<void> {
  const targets = parseTargets(flags.target);
  // Loaded only now: other commands need no web server.
  const { startSidecar } = await import('../sidecar/targets-app.js');
  const { env } = io;
  // Standard output carries the start line only.
  const logger = createLogger({
    service: 'selfcheer-sidecar',
    level: logLevelOf(env),
    destination: pino.destination({ fd: 2, sync: false }),
  });
  const { grafana, changelog, dataDir } = flags;
  if (grafana !== undefined && !/^https?:\/\//i.test(grafana)) {
    throw new UsageError(`--grafana ${grafana} must begin with http:// or https://.`);
  }
  const journals = grafana !== undefined || changelog !== undefined;
  const running = await startSidecar({
    targets,
    listen: flags.listen,
    apiKey: env['SELFCHEER_API_KEY'] || undefined,
    recordKey: env['SELFCHEER_RECORD_KEY'] || undefined,
    dataDir: dataDir === undefined ? undefined : resolve(io.cwd, dataDir),
    journal: journals
      ? (await import('./sidecar-journal.js')).createJournal({
          ...{ grafana, grafanaToken: env['GRAFANA_TOKEN'] || undefined, logger },
          changelog: changelog === undefined ? undefined : resolve(io.cwd, changelog),
        })
      : undefined,
    insecure: flags.insecure ?? false,
    logger,
  });
  const ready = { msg: 'ready', admin: running.admin, targets: targets.map(({ name }) => name) };
  if (!io.signal.aborted) await write(io.stdout, `${JSON.stringify(ready)}\n`);
  await signalled(io.signal);
  await running.drain(String(io.signal.reason));
}
