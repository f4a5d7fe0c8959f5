import { hostname } from 'node:os';
import {
  cheerFlags,
  createFlags,
  FlagsFileError,
  type CheerFlagDefinitions,
  type Flags,
  type Logger,
} from '@selfcheer/cheer-kit';
import type { Config } from './config/schema';
import { UsageError } from './errors';
import { version } from './version';

export type ServiceFlags = Flags<CheerFlagDefinitions>;

/**
 * The feature flags of this service.
 *
 * @throws UsageError when the flags file is configured and can't be read.
 */
export async function openFlags(
  config: Config,
  logger: Pick<Logger, 'info' | 'error'>,
): Promise<ServiceFlags> {
  const { service, track, cheer, flags } = config;
  try {
    return await createFlags({
      file: flags.file,
      definitions: cheerFlags({ budgetFloorRatio: cheer.budgetFloorRatio }),
      context: { targetingKey: hostname(), service, version, track },
      logger,
    });
  } catch (error) {
    if (!(error instanceof FlagsFileError)) throw error;
    const todo = 'create it, or leave out flags.file (SELFCHEER_FLAGS_FILE) to run with the defaults';
    throw new UsageError(`${error.message}: ${todo}`, { cause: error });
  }
}

/**
 * Reads the flags file once, before a service has to.
 *
 * @throws UsageError when it can't be read, and when it is wrong: a service would start, with defaults instead.
 */
export async function checkFlagsFile(config: Config): Promise<void> {
  const flags = await openFlags(config, { info: () => undefined, error: () => undefined });
  const problem = flags.problem();
  await flags.close();
  if (problem !== undefined) throw new UsageError(`flags.file ${config.flags.file}: ${problem}`);
}
