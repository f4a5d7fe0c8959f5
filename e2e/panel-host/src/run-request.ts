import {
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceApi,
  LoadingState,
  type PanelData,
  toDataFrame,
} from '@grafana/data';
import { catchError, from, map, merge, type Observable, of, share, takeUntil, timer } from 'rxjs';

/** An answer that comes sooner is not announced: panels would flicker. The same as Grafana's. */
const loadingAfterMs = 200;

/** Stands in for the `runRequest` of Grafana's core, which is in none of its packages. */
export function runRequest(
  source: DataSourceApi,
  request: DataQueryRequest,
  queryFunction?: DataSourceApi['query'],
): Observable<PanelData> {
  const nothing: Pick<PanelData, 'request' | 'timeRange' | 'series' | 'annotations'> = {
    request,
    timeRange: request.range,
    series: [],
    annotations: [],
  };
  const answered = from(queryFunction ? queryFunction(request) : source.query(request)).pipe(
    map((response: DataQueryResponse): PanelData => {
      const { errors, state = LoadingState.Done } = response;
      const series = response.data.map((item: DataFrame) => toDataFrame(item));
      const error = errors?.[0];
      return {
        ...nothing,
        series,
        state: error ? LoadingState.Error : state,
        ...(errors && error ? { errors, error } : {}),
      };
    }),
    catchError((reason: unknown) => {
      const error = { message: reason instanceof Error ? reason.message : String(reason) };
      return of({ ...nothing, state: LoadingState.Error, error, errors: [error] });
    }),
    share(),
  );
  const loading = timer(loadingAfterMs).pipe(
    map(() => ({ ...nothing, state: LoadingState.Loading })),
    takeUntil(answered),
  );
  return merge(loading, answered);
}
