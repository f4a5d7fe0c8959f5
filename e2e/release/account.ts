import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { runCli } from '../helpers/exporter-process';
import { logConsumer, payloadOf } from '../helpers/published';
import type { Stage } from './stage';

export interface Account {
  readonly acknowledged: number;
  /** Different events in the sinks. */
  readonly published: number;
  /** Acknowledged, and in no sink: must be none. */
  readonly lost: readonly string[];
  /** In a sink with another payload than was sent: must be none. */
  readonly changed: readonly string[];
  /** What canaries left behind unpublished, and `selfcheer store drain` published. */
  readonly drained: number;
}

/**
 * Whether each real event that was acknowledged is in a sink, read from the segments with nothing of the exporter's own
 * code. What a canary left in its store is published first, as an operator does with a volume that is left over.
 */
export async function account(stage: Stage): Promise<Account> {
  await stage.load.stop();
  await stage.stable.settled();
  let drained = 0;
  for (const dataDir of stage.orphans) {
    const { code, stdout, stderr } = await runCli(['store', 'drain', '--data-dir', dataDir, '--json'], {
      LOG_LEVEL: 'error',
    });
    if (code !== 0) throw new Error(`store drain ended with ${code}: ${stdout}${stderr}`);
    drained += (JSON.parse(stdout) as { published: number }).published;
  }
  const { acknowledged } = stage.load;
  const found = new Set<string>();
  const changed: string[] = [];
  for (const dataDir of [stage.stable.dataDir, ...stage.orphans]) {
    if (!(await hasTopic(dataDir))) continue;
    for await (const message of logConsumer(dataDir, 'events').messages()) {
      const id = message.headers['ce_id'] ?? '';
      found.add(id);
      const sent = acknowledged.get(id);
      if (sent !== undefined && sent !== payloadOf(message)) changed.push(id);
    }
  }
  const lost = [...acknowledged.keys()].filter((id) => !found.has(id));
  return { acknowledged: acknowledged.size, published: found.size, lost, changed, drained };
}

/** A build that never had real traffic, or never published, has none. */
async function hasTopic(dataDir: string): Promise<boolean> {
  const topics = await readdir(path.join(dataDir, 'published')).catch((): string[] => []);
  return topics.includes('events');
}
