import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Where the alerts' annotations say that the runbooks are: the source of the rules is that of the dashboards too. */
export function runbooksUrl(): string {
  const file = join(__dirname, '../../alerts/slos.yml');
  const { links } = parse(readFileSync(file, 'utf8')) as { links?: { runbooks?: string } };
  if (links?.runbooks === undefined)
    throw new Error(`${file} has no links.runbooks: give it the runbooks' address`);
  return links.runbooks;
}
