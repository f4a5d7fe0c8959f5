import { end, type ScenarioName, scenarios, start } from './scenarios';

/** CSS pixels, a panel's border included. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

export interface Picture {
  readonly scenario: ScenarioName | 'error';
  readonly box: Box;
  /** Those that differ from the defaults. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly fieldConfig?: object;
}

const boxes = {
  small: { width: 200, height: 60 },
  medium: { width: 300, height: 200 },
  large: { width: 800, height: 600 },
  line: { width: 800, height: 44 },
  half: { width: 800, height: 320 },
  tall: { width: 260, height: 500 },
  wide: { width: 1608, height: 600 },
} as const satisfies Record<string, Box>;

/** Two large panels and the gap between them. */
export const boardWidth = 1608;

const states = [
  'green',
  'yellow',
  'red',
  'warming',
  'disabled',
  'stale',
  'no data',
  'wrong data',
] as const satisfies readonly ScenarioName[];
const counts = ['green', 'twelve', 'two hundred'] as const satisfies readonly ScenarioName[];
const odd = (Object.keys(scenarios) as ScenarioName[]).filter(
  (name) => ![...states, 'twelve', 'two hundred'].includes(name),
);
const teams = { groupBy: 'team' };

/** Every state once, in a meter. */
export const arcs = [
  'green',
  'yellow',
  'red',
  'warming',
  'disabled',
  'stale',
  'nan',
] as const satisfies readonly ScenarioName[];
const all = [...states, 'error'] as const;
const [small, medium, large] = [boxes.small, boxes.medium, boxes.large];

/** Contact sheets: what belongs together on one picture. */
export const boards = {
  ticker: all.flatMap((scenario) => [
    { scenario, box: small },
    { scenario, box: { width: 560, height: 60 } },
    { scenario, box: boxes.line },
  ]),
  medium: all.map((scenario) => ({ scenario, box: medium })),
  large: states.map((scenario) => ({ scenario, box: large })),
  arcs: arcs.map((scenario) => ({ scenario, box: medium })),
  shapes: (['yellow', 'green', 'warming', 'no data', 'wrong data'] as const).flatMap((scenario) => [
    { scenario, box: boxes.tall },
    { scenario, box: { width: 600, height: 500 } },
    { scenario, box: { width: 708, height: 500 } },
  ]),
  layouts: (['meter', 'grid', 'ticker'] as const).flatMap((layout) =>
    counts.map((scenario) => ({ scenario, box: { width: 530, height: 320 }, options: { layout } })),
  ),
  counts: counts.flatMap((scenario) => [
    { scenario, box: small },
    { scenario, box: medium },
    { scenario, box: { width: 1092, height: 200 } },
    { scenario, box: { width: 1608, height: 60 } },
  ]),
  twelve: [
    { scenario: 'twelve', box: large },
    { scenario: 'twelve', box: large, options: teams },
    { scenario: 'twelve, all green', box: boxes.wide },
  ],
  'two hundred': [
    { scenario: 'two hundred', box: boxes.wide },
    { scenario: 'two hundred', box: large },
    { scenario: 'two hundred', box: large, options: teams },
  ],
  'odd medium': odd.map((scenario) => ({ scenario, box: medium })),
  'odd small': odd.map((scenario) => ({ scenario, box: { width: 400, height: 60 } })),
  'odd large': odd.map((scenario) => ({ scenario, box: boxes.half })),
  bare: (['yellow', 'recovered'] as const).flatMap((scenario) => [
    { scenario, box: { width: 530, height: 400 }, options: { showBudget: false, showReasons: false } },
    { scenario, box: { width: 530, height: 400 }, options: { showEvents: false, showSparkline: false } },
    {
      scenario,
      box: { width: 530, height: 400 },
      options: { headline: 'Everything that a customer can buy today' },
    },
  ]),
} satisfies Record<string, readonly Picture[]>;

export type BoardName = keyof typeof boards;

const untitled = 100;

function target({ scenario }: Picture): object {
  return scenario === 'error' ? { error: 'the data source can not be reached' } : { scenario };
}

/** A dashboard as Grafana keeps it; low panels have no title. */
export function dashboard(title: string, pictures: readonly Picture[]): object {
  const panels = pictures.map((picture, index) => {
    const { scenario, box, options = {}, fieldConfig = { defaults: {}, overrides: [] } } = picture;
    const datasource = { type: 'selfcheer-fixture', uid: 'fixture' };
    return {
      id: index + 1,
      type: 'selfcheer-cheermeter-panel',
      title: box.height > untitled ? scenario : '',
      gridPos: { x: 0, y: 0, w: 1, h: 1 },
      box,
      datasource,
      targets: [{ refId: 'A', datasource, ...target(picture) }],
      options,
      fieldConfig,
    };
  });
  const time = { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
  return { title, timezone: 'utc', time, panels };
}
