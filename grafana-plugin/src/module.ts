import { PanelPlugin } from '@grafana/data';
import { CheerMeterPanel } from './components/CheerMeterPanel';
import { fieldConfig } from './config/field-config';
import { migrateOptions } from './config/migrations';
import { addOptions } from './config/options';
import { suggest } from './config/suggestions';
import { type CheerMeterOptions } from './types';

export const plugin = new PanelPlugin<CheerMeterOptions>(CheerMeterPanel)
  .setPanelOptions(addOptions)
  .useFieldConfig(fieldConfig)
  .setDataSupport({ annotations: true })
  .setMigrationHandler(migrateOptions)
  .setSuggestionsSupplier(suggest);
