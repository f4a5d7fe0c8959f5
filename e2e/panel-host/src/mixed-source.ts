import { type DataQueryRequest, type DataQueryResponse, type DataSourceApi } from '@grafana/data';
import { combineLatest, from, map, type Observable, of } from 'rxjs';
import { HostSource } from './host-source';

/** Hands each query to the data source that it names. */
export class MixedSource extends HostSource {
  constructor(private readonly find: (type: string | undefined) => DataSourceApi) {
    super('mixed', '-- Mixed --', 'Mixed', { mixed: true });
  }

  override query(request: DataQueryRequest): Observable<DataQueryResponse> {
    const groups = Map.groupBy(request.targets, ({ datasource }) => this.find(datasource?.type));
    if (groups.size === 0) return of({ data: [] });
    const answers = [...groups].map(([source, targets]) => from(source.query({ ...request, targets })));
    return combineLatest(answers).pipe(map((found) => ({ data: found.flatMap(({ data }) => data) })));
  }
}
