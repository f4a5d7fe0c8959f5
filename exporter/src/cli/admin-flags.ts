import type { Command } from 'commander';
import { AdminClient } from './admin-client';
import { addConfigOption, readConfig, type CliContext, type ConfigOptions } from './context';

/** What every command takes that talks to the admin port. */
export interface AdminFlags extends ConfigOptions {
  readonly admin?: string;
  readonly apiKey?: string;
}

export function addAdminOptions(command: Command): Command {
  return addConfigOption(command)
    .option('--admin <url>', 'admin address of the exporter; default: the one of the configuration')
    .option('--api-key <key>', 'default: the variable SELFCHEER_API_KEY, which a process list does not show');
}

export function connect(flags: AdminFlags, { io }: CliContext): AdminClient {
  const address = flags.admin ?? readConfig(flags, io).config.admin;
  return new AdminClient(address, flags.apiKey ?? io.env['SELFCHEER_API_KEY'], io.signal);
}
