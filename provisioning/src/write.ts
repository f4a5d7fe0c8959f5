import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSloFile } from '../../exporter/src/cli/rules-file';
import { alertingFiles } from './alerting-files';
import { dashboards } from './dashboards';
import { toJson } from './json';
import { newServiceDashboard } from './new-service';

const folder = join(__dirname, '..');
const slos = join(folder, '../alerts/slos.yml');

/** Writes all dashboards, each under its uid, and Grafana's alerts: part of `npm run generate`. */
for (const dashboard of dashboards) {
  writeFileSync(join(folder, 'dashboards', `${dashboard.uid}.json`), toJson(dashboard));
}
const newService = join(folder, '../exporter/templates/service');
writeFileSync(join(newService, 'chart/dashboard.json'), toJson(newServiceDashboard));
mkdirSync(join(folder, 'alerting'), { recursive: true });
for (const { name, text } of alertingFiles(readSloFile(slos, folder))) {
  writeFileSync(join(folder, 'alerting', name), text);
}
