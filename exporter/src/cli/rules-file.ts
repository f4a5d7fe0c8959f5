import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { LineCounter, parseDocument, isNode, type Document } from 'yaml';
import { z } from 'zod';
import type { RulesSpec } from '@selfcheer/cheer-kit';
import { messageOf, UsageError } from '../errors';

const defaultFile = 'slos.yml';
const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'must be of a-z, 0-9 and -')
  .describe('Of a-z, 0-9 and -');
const text = z.string().min(1);

const counters = z
  .strictObject({
    good: text.describe('Selector of the counter of good events, without a range'),
    total: text.describe('Selector of the counter of all events, the good ones included'),
  })
  .describe('Of counters');
const histogram = z
  .strictObject({
    histogram: text.describe('Selector of a classic histogram, by its name without _bucket'),
    threshold: z
      .number()
      .positive()
      .describe("Events up to it are good, in the histogram's unit; it must be the bound of a bucket"),
  })
  .describe('Of a histogram');

const slo = z
  .strictObject({
    name: name.describe('Label slo; unique in its service'),
    service: text.optional().describe('Label service; left out: the one that the series carry'),
    namespace: text.optional().describe('Label namespace; left out: the one that the series carry'),
    objective: z.number().min(0).lt(1).describe('Ratio of events that must be good'),
    minBadEvents: z
      .int()
      .min(0)
      .default(10)
      .describe('Burn alerts are silent below this many bad events in their long window'),
    sli: z.union([counters, histogram]).describe('How good events are told from bad ones'),
  })
  .describe('A promise of a service that does not use cheer-kit');

const url = z.url({ protocol: /^https?$/ });

/** The file `slos.yml`. */
export const sloFileSchema = z
  .strictObject({
    links: z
      .strictObject({
        runbooks: url
          .default('https://selfcheer.example/alerts/runbooks.md')
          .describe("Page with the runbooks; an alert's name in lower case is its anchor"),
        dashboards: url
          .default('http://localhost:3000/d')
          .describe('Address under which Grafana shows dashboards by uid'),
      })
      .prefault({})
      .describe('Where alerts point to'),
    kit: z.boolean().default(true).describe('Rules for all services that have the metrics of cheer-kit'),
    slos: z.array(slo).default([]).describe('Promises of other services, over metrics that they have'),
  })
  .describe('What `selfcheer rules` makes Prometheus rules of');

/** The JSON Schema of the file, for editors. */
export function sloFileJsonSchema(): object {
  return z.toJSONSchema(sloFileSchema, { io: 'input', target: 'draft-07' });
}

/**
 * Reads the file that was named, or `slos.yml` of the working directory; without either the rules of the kit alone.
 *
 * @throws UsageError that lists all that is wrong, each with its line
 */
export function readSloFile(named: string | undefined, cwd: string): RulesSpec {
  const path = named === undefined ? join(cwd, defaultFile) : resolve(cwd, named);
  let source = '';
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const absent = named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!absent) throw new UsageError(`Can't read ${path}: ${messageOf(error)}`, { cause: error });
  }
  return parseSloFile(source, basename(path));
}

/** @throws UsageError that lists all that is wrong, each with its line */
export function parseSloFile(source: string, file: string): RulesSpec {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new UsageError(`${file}:${line} is not valid YAML: ${error.message.split(' at line ')[0]}`);
  }
  const parsed = sloFileSchema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data as RulesSpec;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `  ${file}:${lineOf(document, lines, path)} ${path.join('.')}: ${message}`,
  );
  throw new UsageError([`${file} can't be used:`, ...problems].join('\n'));
}

/** The line of what is wrong, or of what should hold it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
