import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { type AlertingJson, type RuleJson } from '../provisioning/src/alerting-lint';
import { runTool } from './alerts/promtool';
import { ExporterProcess, root } from './helpers/exporter-process';
import { ProvisionedPrometheus } from './helpers/provisioned-prometheus';

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

let rules: readonly RuleJson[];

beforeAll(async () => {
  const text = await readFile(path.join(root, 'provisioning/alerting/rules.yml'), 'utf8');
  const { groups = [] } = parse(text, { version: '1.1' }) as AlertingJson;
  rules = groups.flatMap((group) => group.rules);
});

function queryOf(rule: RuleJson | undefined, refId: string): string {
  return rule?.data.find((query) => query.refId === refId)?.model.expr ?? '';
}

describe('on a real Prometheus', () => {
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

  async function ask(expr: string): Promise<readonly Sample[]> {
    const answer = await prometheus.query(expr, true);
    if (answer.status === 'error') throw new Error(`${answer.error}: ${expr}`);
    return answer.data.result as readonly Sample[];
  }

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(500)) if (await holds()) return;
    throw new Error(`not within a minute: ${what}`);
  }

  test('every query is answered, and a healthy service fires the watchdog alone', async () => {
    await until('it is scraped and its rules are evaluated', async () => {
      return (await prometheus.ready()) && (await ask('service:cheer_build_info:count == 1')).length === 1;
    });
    for (const rule of rules) await ask(queryOf(rule, 'A'));
    const firing = async (): Promise<string[]> => {
      const values = rules.map(async (rule) => ({ rule, series: await ask(queryOf(rule, 'B')) }));
      return (await Promise.all(values))
        .filter(({ series }) => series.some(({ value }) => Number(value[1]) > 0))
        .map(({ rule }) => rule.uid);
    };
    // What only just holds has to wait in Grafana, too.
    await until('the watchdog fires alone', async () => (await firing()).join() === 'cheer-watchdog');
    expect(rules.length).toBeGreaterThan(25);
  });

  test('of what fires, value and condition have the same labels and no name: Grafana matches them by these', async () => {
    await exporter.kill9();
    const rule = rules.find(({ uid }) => uid === 'cheer-target-down');
    await until('the target is down', async () => (await ask(queryOf(rule, 'B'))).length > 0);
    const [[value], [condition]] = [await ask(queryOf(rule, 'A')), await ask(queryOf(rule, 'B'))];
    expect(condition?.value[1]).toBe('1');
    expect(value?.value[1]).toBe('0');
    expect(value?.metric).toEqual(condition?.metric);
    expect(value?.metric).toMatchObject({ namespace: 'default', service: 'selfcheer' });
    expect(value?.metric).not.toHaveProperty('__name__');
  });
});

test('what fired stays with its last value and a condition of 0 while it is kept, and then goes', async () => {
  const rule = rules.find(({ uid }) => uid === 'cheer-queue-saturated');
  expect(rule?.keepFiringFor).toBe('5m');
  const labels = '{namespace="n", queue="q", service="s"}';
  const at = (eval_time: string, value?: number, condition?: number): object[] =>
    Object.entries({ A: value, B: condition }).map(([refId, expected]) => ({
      expr: queryOf(rule, refId),
      eval_time,
      exp_samples: expected === undefined ? [] : [{ labels, value: expected }],
    }));
  const file = {
    evaluation_interval: '30s',
    tests: [
      {
        interval: '30s',
        // Nearly full for five minutes, and not any more.
        input_series: [
          { series: `service_queue:cheer_queue_saturation:max${labels}`, values: '0.5x3 0.95x9 0.5x30' },
        ],
        promql_expr_test: [
          ...at('1m30s'),
          ...at('2m', 0.95, 1),
          ...at('6m30s', 0.95, 1),
          ...at('7m', 0.95, 0),
          ...at('11m30s', 0.95, 0),
          ...at('12m', 0.95, 0),
          ...at('13m'),
        ],
      },
    ],
  };
  const folder = await mkdtemp(path.join(tmpdir(), 'selfcheer-grafana-alerts-'));
  try {
    const name = path.join(folder, 'kept.test.yml');
    await writeFile(name, stringify(file));
    expect(await runTool('promtool', 'test', 'rules', name)).toMatchObject({ ok: true });
  } finally {
    await rm(folder, { recursive: true });
  }
});
