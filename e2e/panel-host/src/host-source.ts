import {
  type DataQuery,
  DataSourceApi,
  type DataSourceInstanceSettings,
  type DataSourcePluginMeta,
  type TestDataSourceResponse,
} from '@grafana/data';

/** A data source of the host. There are few, with fixed ids, and they have no settings. */
export abstract class HostSource<Query extends DataQuery = DataQuery> extends DataSourceApi<Query> {
  readonly settings: DataSourceInstanceSettings;

  constructor(type: string, uid: string, name: string, more: Partial<DataSourcePluginMeta> = {}) {
    const meta = { id: type, name, metrics: true, annotations: true, ...more } as DataSourcePluginMeta;
    const settings: DataSourceInstanceSettings = {
      id: 1,
      uid,
      type,
      name,
      meta,
      access: 'proxy',
      readOnly: true,
      isDefault: uid === 'prometheus',
      jsonData: {},
    };
    super(settings);
    this.settings = settings;
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    return Promise.resolve({ status: 'success', message: 'It is there.' });
  }
}
