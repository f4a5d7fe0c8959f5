import type { Fault } from './faults';
import { startConformService } from './service';

/** The service as a process: faults in FAULTS, separated by commas. */
const faults = (process.env['FAULTS'] ?? '').split(',') as Fault[];
const write = (line: string): void => void process.stdout.write(`${line}\n`);

void startConformService(faults, write, process.env['OTEL_EXPORTER_OTLP_ENDPOINT']).then((service) => {
  process.once('SIGTERM', () => void service.drain().then((code) => process.exit(code)));
  write(JSON.stringify({ msg: 'ready', http: service.http, admin: service.admin }));
});
