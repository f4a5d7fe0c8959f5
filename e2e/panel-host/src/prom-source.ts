import {
  type AnnotationEvent,
  type AnnotationQuery,
  type DataFrame,
  type DataQuery,
  type DataQueryRequest,
  type DataQueryResponse,
  FieldType,
  formatLabels,
  type MetricFindValue,
  type ScopedVars,
  type TimeRange,
  toDataFrame,
} from '@grafana/data';
import { from, type Observable, of } from 'rxjs';
import { HostSource } from './host-source';

export interface PromQuery extends DataQuery {
  readonly expr?: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly legendFormat?: string;
  readonly format?: 'time_series' | 'table' | 'heatmap';
  /** At least this step, like `30s`. */
  readonly interval?: string;
}

type Labels = Record<string, string>;
type Point = readonly [seconds: number, value: string];

interface Series {
  readonly metric: Labels;
  readonly values: readonly Point[];
}

interface Answer {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data: {
    readonly resultType: string;
    readonly result: Point | ReadonlyArray<{ metric: Labels; values?: readonly Point[]; value?: Point }>;
  };
}

type Replace = (text: string, scopedVars?: ScopedVars) => string;

const path = '/prom/api/v1/';

/** Prometheus' own spelling of infinity is not JavaScript's. */
const toNumber = (value: string): number => Number(value.replace('Inf', 'Infinity'));

async function ask(what: string, parameters: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${path}${what}?${new URLSearchParams(parameters).toString()}`);
  const answer = (await response.json()) as Answer;
  if (answer.status !== 'success') throw new Error(`${answer.errorType ?? 'error'}: ${answer.error ?? ''}`);
  return answer;
}

/** As the backend of Grafana's Prometheus data source names a series; undefined leaves it to the field's labels. */
function legend({ legendFormat }: PromQuery, metric: Labels, expr: string): string | undefined {
  if (legendFormat === '__auto') return Object.keys(metric).length > 0 ? undefined : expr;
  if (legendFormat)
    return legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, key: string) => metric[key] ?? '');
  const { __name__ = '', ...rest } = metric;
  return `${__name__}${Object.keys(rest).length > 0 ? formatLabels(rest) : ''}` || expr;
}

/** One table of all series, a row a point. */
function table(refId: string, series: readonly Series[]): DataFrame {
  const keys = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = series.flatMap(({ metric, values }) =>
    values.map(([time, value]) => ({ metric, time, value })),
  );
  return toDataFrame({
    refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: rows.map(({ time }) => time * 1000) },
      ...keys.map((name) => ({
        name,
        type: FieldType.string,
        values: rows.map(({ metric }) => metric[name] ?? ''),
      })),
      { name: 'Value', type: FieldType.number, values: rows.map(({ value }) => toNumber(value)) },
    ],
  });
}

/** A dashboard's annotation by PromQL: where a series is above zero there is an event. */
interface PromAnnotation extends AnnotationQuery<PromQuery> {
  readonly expr?: string;
  readonly titleFormat?: string;
}

/** One event a run of points; its time is the run's begin. */
function annotationEvents(annotation: PromAnnotation, frames: readonly DataFrame[]): AnnotationEvent[] {
  return frames.flatMap(({ fields: [time, value] }) => {
    const labels = value?.labels ?? {};
    const text =
      legend({ refId: 'Anno', legendFormat: annotation.titleFormat ?? '__auto' }, labels, '') ?? '';
    const holds = (value?.values ?? []).map((point: unknown) => Number(point) > 0);
    return (time?.values ?? [])
      .filter((_: unknown, index: number) => holds[index] && !holds[index - 1])
      .map((at: number) => ({ time: at, title: text, text, tags: Object.values(labels) }));
  });
}

/** PromQL over Prometheus' HTTP API, through the host's server, to the data frames that Grafana makes of it. */
export class PromSource extends HostSource<PromQuery> {
  override annotations = {
    prepareAnnotation: (annotation: PromAnnotation) => annotation,
    prepareQuery: ({ expr = '' }: PromAnnotation): PromQuery => ({ refId: 'Anno', expr }),
    processEvents: (annotation: AnnotationQuery<PromQuery>, frames: DataFrame[]) =>
      of(annotationEvents(annotation, frames)),
  };

  constructor(
    private readonly replace: Replace,
    private readonly scrapeSeconds: number,
  ) {
    super('prometheus', 'prometheus', 'Prometheus');
    this.interval = `${scrapeSeconds}s`;
  }

  override query(request: DataQueryRequest<PromQuery>): Observable<DataQueryResponse> {
    const targets = request.targets.filter(({ hide, expr }) => hide !== true && expr);
    return from(
      Promise.all(targets.map((target) => this.frames(target, request))).then((found) => ({
        data: found.flat(),
      })),
    );
  }

  override async metricFindQuery(
    query: string | { query: string },
    options?: { scopedVars?: ScopedVars; range?: TimeRange },
  ): Promise<MetricFindValue[]> {
    const text = this.replace(typeof query === 'string' ? query : query.query, options?.scopedVars).trim();
    const parts = /^label_values\((?:(.+),\s*)?(\w+)\)$/.exec(text);
    if (!parts) throw new Error(`the panel host knows only label_values(), not ${text}`);
    const [, selector, label = ''] = parts;
    const { data } = await ask(`label/${label}/values`, selector ? { 'match[]': selector } : {});
    return (data as unknown as string[]).map((value) => ({ text: value, value }));
  }

  private async frames(target: PromQuery, request: DataQueryRequest<PromQuery>): Promise<DataFrame[]> {
    const step = Math.max(1, Math.round(request.intervalMs / 1000));
    const [start, end] = [request.range.from.valueOf() / 1000, request.range.to.valueOf() / 1000];
    const expr = this.replace(target.expr ?? '', {
      ...request.scopedVars,
      ...this.durations(step, end - start),
    });
    const wanted = [
      ...(target.range === true || target.instant !== true ? [false] : []),
      ...(target.instant === true ? [true] : []),
    ];
    const found: DataFrame[] = [];
    for (const instant of wanted) {
      const align = (seconds: number): string => String(Math.floor(seconds / step) * step);
      const { data } = instant
        ? await ask('query', { query: expr, time: String(end) })
        : await ask('query_range', { query: expr, start: align(start), end: align(end), step: String(step) });
      const result = (
        data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : data.result
      ) as Array<Series & { value: Point }>;
      const series = result.map(({ metric, values, value }) => ({ metric, values: values ?? [value] }));
      if (target.format === 'table') found.push(table(target.refId, series));
      else found.push(...series.map((one) => this.frame(target, one, expr, instant ? undefined : step)));
    }
    return found;
  }

  /** One series as a frame of its own; without a step it is an instant. */
  private frame(target: PromQuery, { metric, values }: Series, expr: string, step?: number): DataFrame {
    const name = legend(target, metric, expr);
    return toDataFrame({
      refId: target.refId,
      meta: {
        type: step === undefined ? 'numeric-multi' : 'timeseries-multi',
        typeVersion: [0, 1],
        executedQueryString: `Expr: ${expr}\nStep: ${step ?? 0}s`,
      },
      fields: [
        {
          name: 'Time',
          type: FieldType.time,
          config: step === undefined ? {} : { interval: step * 1000 },
          values: values.map(([time]) => time * 1000),
        },
        {
          name: 'Value',
          type: FieldType.number,
          labels: metric,
          config: name === undefined ? {} : { displayNameFromDS: name },
          values: values.map(([, value]) => toNumber(value)),
        },
      ],
    });
  }

  private durations(step: number, range: number): ScopedVars {
    const variable = (value: string) => ({ text: value, value });
    const rate = Math.max(step + this.scrapeSeconds, 4 * this.scrapeSeconds);
    return {
      __rate_interval: variable(`${rate}s`),
      __interval: variable(`${step}s`),
      __interval_ms: variable(String(step * 1000)),
      __range: variable(`${Math.round(range)}s`),
      __range_s: variable(String(Math.round(range))),
    };
  }
}
