import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { conditional } from '../provisioning/src/conditional';
import { dashboards } from '../provisioning/src/dashboards';
import { fillIn, queriesOf, type QueryPlace } from '../provisioning/src/queries';
import { ExporterProcess, root } from './helpers/exporter-process';
import { ProvisionedPrometheus } from './helpers/provisioned-prometheus';

const nameOf = ({ dashboard, panel, refId }: QueryPlace): string => `${dashboard}: ${panel}: ${refId}`;
const waiting = new Set(conditional.map(nameOf));
const queries = dashboards.flatMap((dashboard) => queriesOf(dashboard));

let exporter: ExporterProcess;
let prometheus: ProvisionedPrometheus;

beforeAll(async () => {
  exporter = await ExporterProcess.start();
  prometheus = await ProvisionedPrometheus.start(exporter.addresses.admin);
});

afterAll(async () => {
  await prometheus?.dispose();
  await exporter?.dispose();
});

test('promtool takes prometheus.yml, and the rules that it names', async () => {
  const config = path.join(root, 'provisioning/prometheus/prometheus.yml');
  const { stdout } = await promisify(execFile)('promtool', ['check', 'config', config], { timeout: 30_000 });
  expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
});

test('every query is answered, and gives data unless something has to happen first', async () => {
  let empty: string[] = [];
  let sent = 0;
  for (const end = Date.now() + 100_000; Date.now() < end; await sleep(2_000)) {
    const event = { event_id: String(sent++), payload: 'x' };
    expect((await exporter.post(JSON.stringify(event), { 'content-type': 'application/json' })).status).toBe(
      202,
    );
    if (!(await prometheus.ready())) continue;
    empty = [];
    for (const query of queries) {
      const expr = fillIn(query.expr, { rateInterval: '30s', interval: '5s', range: '5m' });
      const answer = await prometheus.query(expr, query.instant);
      if (answer.status === 'error') throw new Error(`${nameOf(query)}: ${answer.error}: ${expr}`);
      if (answer.data.result.length === 0 && !waiting.has(nameOf(query))) empty.push(nameOf(query));
    }
    if (empty.length === 0) break;
  }
  expect(empty).toEqual([]);
});
