import { writeFile } from 'node:fs/promises';
import { type KafkaBroker, startKafka } from '../../../e2e/helpers/kafka-broker';
import { startTcpProxy, type TcpProxy } from '../../../e2e/helpers/tcp-proxy';
import { type Scene, setScene } from '../fault/support/scene';
import { apiKeys, keyOf, tenants } from './identities';
import { schema } from './load';

export interface Setting {
  readonly scene: Scene;
  readonly broker: KafkaBroker;
  /** Between the exporter and the broker. */
  readonly proxy: TcpProxy;
}

/** An exporter with keys, tenants and a schema, over a real broker behind a proxy; each is undone by `onEnd`. */
export async function setUp(minutes: number, onEnd: (undo: () => unknown) => void): Promise<Setting> {
  const proxy = await startTcpProxy();
  onEnd(() => proxy.close());
  const broker = await startBroker(proxy.port);
  onEnd(() => broker.dispose());
  proxy.target(broker.proxiedPort);
  // Short enough for the memory of ids to be full, and to be thrown away, within the run.
  const windowSeconds = Math.round(Math.min(Math.max(minutes * 10, 60), 300));
  const row = { pick: <T>(_short: T, longer: T): T => longer, report: () => undefined, onEnd };
  const scene = await setScene(row, broker, {
    brokers: `127.0.0.1:${proxy.port}`,
    // A Ctrl-C at the terminal is meant for the soak alone.
    prefix: ['setsid'],
    headers: { authorization: `Bearer ${keyOf('watch')}` },
    async env(folder) {
      await writeFile(`${folder}/schema.json`, schema);
      return {
        SELFCHEER_AUTH_API_KEYS: apiKeys,
        SELFCHEER_TENANTS: tenants,
        SELFCHEER_ENRICH: JSON.stringify([
          { step: 'normalize' },
          { step: 'schema', file: `${folder}/schema.json` },
        ]),
        SELFCHEER_DEDUPE_WINDOW_SECONDS: String(windowSeconds),
        SELFCHEER_PUBLISH_TIMEOUT_MS: '5000',
      };
    },
  });
  return { scene, broker, proxy };
}

/** Its ports were free a moment ago; on a busy machine another process may have been quicker. */
async function startBroker(proxyPort: number, tries = 3): Promise<KafkaBroker> {
  try {
    return await startKafka({ proxyPort });
  } catch (error) {
    if (tries === 1 || !String(error).includes('Address already in use')) throw error;
    return startBroker(proxyPort, tries - 1);
  }
}
