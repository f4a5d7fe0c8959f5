import { type Check } from './check';
import { documentChecks } from './documents';
import { imageChecks } from './images';
import { layoutChecks } from './layout';
import { metadataChecks } from './metadata';
import { moduleChecks } from './module';

/**
 * What can be checked of the rules for plugins that Grafana's own validator holds archives to, without its service.
 * Left to it: the signature, the organisation behind the id, links that answer, viruses, known vulnerabilities.
 */
export const checks: readonly Check[] = [
  ...layoutChecks,
  ...metadataChecks,
  ...imageChecks,
  ...documentChecks,
  ...moduleChecks,
];
