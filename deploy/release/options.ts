import { parseArgs } from 'node:util';
import { UsageError } from './project';

export const help = `usage: npm run release:dry [-- OPTIONS]

Makes everything of a release in a folder, proves that it can be installed, and publishes nothing.

  --out DIR  the folder (default: artifacts); an earlier release in it is replaced
  --built    packs what is built, and builds nothing
  --final    not for a rehearsal: refuses unreleased changes, and files that are not committed

Exit codes: 0 made, 1 something is not as it has to be, 2 wrong usage.
`;

export interface DryOptions {
  readonly out: string;
  readonly built: boolean;
  readonly final: boolean;
}

/** @throws UsageError */
export function readOptions(args: readonly string[]): DryOptions | 'help' {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        out: { type: 'string', default: 'artifacts' },
        built: { type: 'boolean', default: false },
        final: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values.help ? 'help' : values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
