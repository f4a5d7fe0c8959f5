import {
  ConstantVariable,
  CustomVariable,
  DataSourceVariable,
  IntervalVariable,
  QueryVariable,
  type SceneVariable,
  TextBoxVariable,
} from '@grafana/scenes';
import { type VariableModel } from './dashboard';

/**
 * A variable of a dashboard's JSON as scenes have it.
 * @throws Error for types that the host does not know
 */
export function toVariable(model: VariableModel, fromAddress: readonly string[]): SceneVariable {
  const [only, ...more] = fromAddress;
  const chosen = only === undefined ? undefined : more.length > 0 || model.multi ? [...fromAddress] : only;
  const common = {
    name: model.name,
    label: model.label ?? model.name,
    hide: model.hide ?? 0,
    value: chosen ?? model.current?.value ?? '',
    text: chosen ?? model.current?.text ?? '',
  };
  const several = {
    isMulti: model.multi ?? false,
    includeAll: model.includeAll ?? false,
    // Only then: an empty one would be taken for a value.
    ...(model.allValue ? { allValue: model.allValue } : {}),
  };
  const { query } = model;
  const text = typeof query === 'string' ? query : '';
  switch (model.type) {
    case 'custom':
      return new CustomVariable({ ...common, ...several, query: text });
    case 'constant':
      return new ConstantVariable({ ...common, value: text });
    case 'textbox':
      return new TextBoxVariable({ ...common, value: String(common.value || text) });
    case 'interval':
      return new IntervalVariable({ ...common, value: String(common.value), intervals: text.split(',') });
    case 'datasource':
      return new DataSourceVariable({ ...common, pluginId: text });
    case 'query':
      return new QueryVariable({
        ...common,
        ...several,
        query: query ?? '',
        datasource: model.datasource ?? null,
        refresh: model.refresh ?? 1,
        sort: model.sort ?? 0,
        regex: model.regex ?? '',
      });
    default:
      throw new Error(`the panel host knows no variables of type ${model.type}`);
  }
}
