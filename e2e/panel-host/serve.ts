/**
 * npx tsx e2e/panel-host/serve.ts --grafana 13 --prometheus http://127.0.0.1:9090 --dashboards provisioning/dashboards
 *
 * Serves dashboards to look at by hand, until it is stopped.
 */
import { parseArgs } from 'node:util';
import { PanelHost } from './host';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      grafana: { type: 'string', default: '13' },
      prometheus: { type: 'string' },
      dashboards: { type: 'string' },
      plugin: { type: 'string' },
      port: { type: 'string', default: '3100' },
      'scrape-seconds': { type: 'string', default: '15' },
    },
  });
  const { grafana, prometheus, plugin, dashboards } = values;
  if (grafana !== '12' && grafana !== '13') throw new RangeError('--grafana is 12 or 13');
  if (dashboards === undefined) throw new RangeError('--dashboards is missing: a folder of dashboard JSON');
  const host = await PanelHost.start({
    grafana: grafana === '12' ? 12 : 13,
    dashboards,
    port: Number(values.port),
    scrapeSeconds: Number(values['scrape-seconds']),
    ...(prometheus === undefined ? {} : { prometheus }),
    ...(plugin === undefined ? {} : { plugin }),
  });
  process.stdout.write(`${host.url()}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
