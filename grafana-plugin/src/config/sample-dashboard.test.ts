import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FieldType, toDataFrame } from '@grafana/data';
import { buildModel } from '../model/build-model';
import metadata from '../plugin.json';
import { type CheerMeterOptions, defaultOptions } from '../types';
import { migrateOptions } from './migrations';

interface Target {
  readonly refId: string;
  readonly scenarioId: string;
  readonly alias?: string;
  readonly labels?: string;
  readonly seriesCount?: number;
  readonly startValue?: number;
  readonly csvContent?: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly Target[];
  readonly options: Partial<CheerMeterOptions>;
}

const file = path.resolve(__dirname, '../../provisioning/dashboards/sample.json');
const { panels }: { panels: Panel[] } = JSON.parse(readFileSync(file, 'utf8'));

/** As Grafana's TestData source answers, with every series flat. */
function answer({ refId, scenarioId, alias, labels, seriesCount = 1, startValue, csvContent }: Target) {
  if (scenarioId === 'random_walk') {
    return Array.from({ length: seriesCount }, (_, index) => {
      const pairs = labels?.replaceAll('$seriesIndex', String(index)).split(', ') ?? [];
      return toDataFrame({
        refId,
        name: alias,
        fields: [
          { name: 'time', type: FieldType.time, values: [0, 10_000] },
          {
            name: alias ?? `${refId}-series`,
            labels: Object.fromEntries(pairs.map((pair) => pair.split('='))),
            values: [startValue, startValue],
          },
        ],
      });
    });
  }
  const [names = [], ...rows] = (csvContent ?? '').split('\n').map((line) => line.split(','));
  return [
    toDataFrame({
      refId,
      fields: names.map((name, column) => {
        const cells = rows.map((cells) => cells[column] ?? '');
        const isNumber = cells.every((cell) => !Number.isNaN(Number(cell)));
        return { name, values: isNumber ? cells.map((cell) => (cell === '' ? null : Number(cell))) : cells };
      }),
    }),
  ];
}

function modelOf(title: string) {
  const panel = panels.find((candidate) => candidate.title === title);
  const options = { ...defaultOptions, ...panel?.options };
  const series = panel?.targets.flatMap(answer) ?? [];
  return buildModel({ series, annotations: [], options, from: 0, to: 10_000 });
}

describe('the provisioned sample dashboard', () => {
  it('draws with this panel, with options that it knows', () => {
    for (const { type, options } of panels) {
      expect(type).toBe(metadata.id);
      expect(migrateOptions({ options })).toEqual(options);
      expect(Object.keys(defaultOptions)).toEqual(expect.arrayContaining(Object.keys(options)));
    }
  });

  it('has panels with ids of their own that do not lie on each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos: a, id } of panels) {
      expect(a.x + a.w).toBeLessThanOrEqual(24);
      for (const { gridPos: b } of panels.filter((other) => other.id > id)) {
        expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h).toBe(false);
      }
    }
  });

  it.each([
    ['All services', 12],
    ['Checkout', 1],
    ['Services', 12],
    ['From a table', 5],
    ['A metric of your own', 3],
  ])('shows the services of "%s"', (title, services) => {
    const model = modelOf(title);
    expect(model).toMatchObject({ status: 'ok', problems: [] });
    expect(model.services).toHaveLength(services);
  });

  it('has states in words, groups, and a budget with a trend', () => {
    const table = modelOf('From a table').services;
    expect(new Set(table.map(({ state }) => state))).toEqual(
      new Set(['red', 'yellow', 'warming', 'disabled', 'green'])
    );
    expect(new Set(table.map(({ group }) => group))).toEqual(new Set(['shop', 'find', 'notify']));
    expect(modelOf('Checkout').services[0]?.budgets).toMatchObject([{ slo: 'availability', trend: 'acceptable' }]);
  });

  it('shows what the panel says when it has nothing to show', () => {
    expect(modelOf('Without data').status).toBe('empty');
    expect(modelOf('With data of no role').status).toBe('unusable');
  });
});
