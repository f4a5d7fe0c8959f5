import { SelfcheerError, messageOf } from '../errors';
import { createDirectory, topicDirectory } from './log-segments';
import { LogTopic, type LogOptions } from './log-topic';
import type { Publisher } from './publisher';

export type { LogOptions } from './log-topic';

/**
 * The embedded sink: `$dataDir/published/<topic>/<segment>.ndjson`, append-only, synced before it answers.
 *
 * One process may write to a data directory; the outbox's lock sees to that. What was written but not settled before a
 * crash is recognised and not written again. A disk error lets every batch concerned wait; the sink heals by itself.
 */
export function createLogPublisher(options: LogOptions): Publisher {
  const topics = new Map<string, LogTopic>();
  let closed = false;

  return {
    downstream: 'log',

    async connect() {
      try {
        await createDirectory(topicDirectory(options.dataDir, ''));
      } catch (error) {
        throw new SelfcheerError(
          'sink_unavailable',
          `The log sink can't use ${options.dataDir} (${messageOf(error)}). Check free space and permissions.`,
          { retriable: true, cause: error },
        );
      }
    },

    publish(topic, batch) {
      if (closed) {
        const error = new SelfcheerError('closed', 'The log sink is closed.');
        return Promise.resolve({ kind: 'waiting', reason: 'unavailable', error });
      }
      if (batch.length === 0) return Promise.resolve({ kind: 'published' });
      let log = topics.get(topic);
      if (!log) topics.set(topic, (log = new LogTopic(topic, options)));
      return log.publish(batch);
    },

    async close() {
      closed = true;
      await Promise.all([...topics.values()].map((log) => log.close()));
    },
  };
}
