import { setTimeout as sleep } from 'node:timers/promises';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type ITopicConfig,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';

const operations = {
  all: AclOperationTypes.ALL,
  read: AclOperationTypes.READ,
  write: AclOperationTypes.WRITE,
  describe: AclOperationTypes.DESCRIBE,
} as const;
const leadersMs = 30_000;

/** An ALLOW or DENY rule for `User:ANONYMOUS`, which is everyone on these brokers. */
export interface TopicRule {
  readonly topic: string;
  readonly operation: keyof typeof operations;
  readonly permission: 'allow' | 'deny';
}

type Settings = Readonly<Record<string, string>>;

export interface KafkaAdmin {
  createTopic(name: string, partitions?: number, config?: Settings): Promise<void>;
  /** With one partition for each node id in the list, led by that node. */
  createTopicOn(name: string, nodes: readonly number[], config?: Settings): Promise<void>;
  deleteTopic(name: string): Promise<void>;
  /** Takes an authorizer in the settings of the broker. */
  createRules(rules: readonly TopicRule[]): Promise<void>;
  deleteRules(topic: string): Promise<void>;
}

type Admin = ReturnType<Kafka['admin']>;

/** What tests arrange on a broker. Each call has a connection of its own. */
export function kafkaAdmin(broker: string): KafkaAdmin {
  async function administer(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  const create = (topic: ITopicConfig, config: Settings): Promise<void> =>
    administer(async (admin) => {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ waitForLeaders: false, topics: [{ ...topic, configEntries }] });
      await leadersOf(admin, topic.topic);
    });

  return {
    createTopic: (topic, numPartitions = 6, config = {}) => create({ topic, numPartitions }, config),
    createTopicOn: (topic, nodes, config = {}) =>
      create(
        {
          topic,
          // What the assignment says; kafkajs would add defaults.
          numPartitions: -1,
          replicationFactor: -1,
          replicaAssignment: nodes.map((node, partition) => ({ partition, replicas: [node] })),
        },
        config,
      ),
    deleteTopic: (topic) => administer((admin) => admin.deleteTopics({ topics: [topic] })),
    createRules: (rules) =>
      administer((admin) =>
        admin.createAcls({
          acl: rules.map(({ topic, operation, permission }) => ({
            resourceType: AclResourceTypes.TOPIC,
            resourceName: topic,
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal: 'User:ANONYMOUS',
            host: '*',
            operation: operations[operation],
            permissionType: permission === 'allow' ? AclPermissionTypes.ALLOW : AclPermissionTypes.DENY,
          })),
        }),
      ),
    deleteRules: (topic) =>
      administer((admin) =>
        admin.deleteAcls({
          filters: [
            {
              resourceType: AclResourceTypes.TOPIC,
              resourceName: topic,
              resourcePatternType: ResourcePatternTypes.LITERAL,
              operation: AclOperationTypes.ANY,
              permissionType: AclPermissionTypes.ANY,
            },
          ],
        }),
      ),
  };
}

/**
 * A topic that was just created may be unknown for a moment yet, at which kafkajs' own wait for leaders gives up. The
 * metadata names a leader before that one knows: only who leads tells offsets.
 */
async function leadersOf(admin: Admin, topic: string): Promise<void> {
  for (const end = performance.now() + leadersMs; ; await sleep(50)) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
