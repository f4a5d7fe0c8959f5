/** Where a query of a dashboard stands: three parts that name it. */
export interface QueryPlace {
  /** Uid of the dashboard. */
  readonly dashboard: string;
  /** Title of the panel, or name of the variable or annotation. */
  readonly panel: string;
  readonly refId: string;
}

export interface DashboardQuery extends QueryPlace {
  readonly kind: 'panel' | 'annotation' | 'variable';
  /** PromQL with variables in it; of a variable the selector of its series. */
  readonly expr: string;
  /** Asked for the present moment only. */
  readonly instant: boolean;
}

/** What of a dashboard's JSON is read here: the same from the builders and from a file. */
export interface DashboardJson {
  readonly uid?: string | undefined;
  readonly title?: string | undefined;
  readonly panels?: readonly PanelJson[] | undefined;
  readonly annotations?:
    { readonly list?: readonly { name: string; expr?: string | undefined }[] | undefined } | undefined;
  readonly templating?:
    { readonly list?: readonly { type: string; name: string; query?: unknown }[] | undefined } | undefined;
}

interface PanelJson {
  readonly title?: string | undefined;
  /** Of a collapsed row. */
  readonly panels?: readonly PanelJson[] | undefined;
  /** Each is a `TargetJson`; the SDK says less of them. */
  readonly targets?: readonly object[] | undefined;
}

interface TargetJson {
  readonly refId?: string | undefined;
  readonly expr?: string | undefined;
  readonly instant?: boolean | undefined;
}

function ofPanel(dashboard: string, panel: PanelJson): DashboardQuery[] {
  const own = (panel.targets ?? []).map((target: TargetJson) => ({
    dashboard,
    panel: panel.title ?? '',
    refId: target.refId ?? '',
    kind: 'panel' as const,
    expr: target.expr ?? '',
    instant: target.instant === true,
  }));
  return [...own, ...(panel.panels ?? []).flatMap((inner) => ofPanel(dashboard, inner))];
}

/** The selector inside `label_values(selector, label)`. */
function selectorOf(query: unknown): string {
  const text = typeof query === 'object' && query !== null && 'query' in query ? String(query.query) : '';
  return /^label_values\((.*), \w+\)$/.exec(text)?.[1] ?? '';
}

/** Every query that the dashboard can send to Prometheus. */
export function queriesOf(json: DashboardJson): DashboardQuery[] {
  const dashboard = json.uid ?? '';
  const annotations = (json.annotations?.list ?? []).map(({ name, expr }) => ({
    dashboard,
    panel: name,
    refId: 'annotation',
    kind: 'annotation' as const,
    expr: expr ?? '',
    instant: false,
  }));
  const variables = (json.templating?.list ?? [])
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => ({
      dashboard,
      panel: name,
      refId: 'variable',
      kind: 'variable' as const,
      expr: selectorOf(query),
      instant: true,
    }));
  return [...(json.panels ?? []).flatMap((panel) => ofPanel(dashboard, panel)), ...annotations, ...variables];
}

/** What stands for the variables when a query is sent by hand. */
export interface Values {
  readonly namespace?: string;
  readonly service?: string;
  readonly pod?: string;
  readonly slo?: string;
  /** Durations of PromQL. */
  readonly rateInterval: string;
  readonly interval: string;
  readonly range: string;
}

/**
 * The query as Grafana sends it: with "All" for each variable that is not given.
 * @throws RangeError for a variable that is not known here.
 */
export function fillIn(expr: string, values: Values): string {
  const known: Readonly<Record<string, string>> = {
    namespace: values.namespace ?? '.*',
    service: values.service ?? '.+',
    pod: values.pod ?? '.*',
    slo: values.slo ?? '.+',
    __rate_interval: values.rateInterval,
    __interval: values.interval,
    __range: values.range,
  };
  return expr.replaceAll(/\$\{?(\w+)\}?/g, (_text, name: string) => {
    const value = known[name];
    if (value === undefined) throw new RangeError(`nothing is known of the variable ${name} in ${expr}`);
    return value;
  });
}
