import type { Command } from 'commander';
import { addConfigOption, addExamples, readConfig, type CliContext, type ConfigOptions } from './context';
import { signalled, write } from './io';

export function addStartCommand(program: Command, context: CliContext): void {
  const command = program
    .command('start')
    .description('Start the exporter; SIGTERM or Ctrl-C drains it, a second one ends it at once')
    .action((options: ConfigOptions) => start(options, context));
  addConfigOption(command);
  addExamples(
    command,
    'selfcheer start',
    'KAFKA_BROKERS=kafka-1:9092,kafka-2:9092 selfcheer start',
    'SELFCHEER_HTTP=127.0.0.1:0 selfcheer start --config deploy/selfcheer.yaml',
  );
}

async function start(options: ConfigOptions, { io, startApp }: CliContext): Promise<void> {
  const { config } = readConfig(options, io);
  const app = await startApp(config);
  const { http, grpc, admin } = app.addresses;
  const ready = { msg: 'ready', http, grpc, admin, sink: app.sink };
  if (!io.signal.aborted) await write(io.stdout, `${JSON.stringify(ready)}\n`);
  await signalled(io.signal);
  await app.drain(String(io.signal.reason));
}
