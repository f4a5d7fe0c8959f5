import type { z } from 'zod';
import { configKeys, describeType, membersOf, unwrap, type ConfigKey } from './keys';
import { lookupStep } from './lookup-step';
import { configSchema } from './schema';

/** The reference of every key as Markdown: docs/configuration.md is this text. */
export function configurationMarkdown(): string {
  const keys = configKeys();
  const sections = [...new Set(keys.map(sectionOf))];
  return [
    '# Configuration',
    '',
    '<!-- Generated from exporter/src/config/schema.ts by `npm run generate`. Do not edit. -->',
    '',
    'Every key stands in `selfcheer.yaml` of the working directory (or the file that `--config` names) and can be',
    'overridden by its environment variable. An empty variable counts as not set. Lists of texts are separated by',
    'commas; other lists are JSON or YAML. A relative path is taken from where it is written: from the directory of',
    'the file, or from the working directory when it comes from a variable or a default. Unknown keys and unknown',
    '`SELFCHEER_*` variables are refused. `selfcheer config check` shows the values in use and where each came from.',
    ...sections.flatMap((section) => [
      '',
      section === '' ? '## Service' : `## \`${section}\``,
      '',
      ...table(
        ['key', 'variable', 'value', 'default', 'meaning'],
        keys.filter((key) => sectionOf(key) === section).map(row),
      ),
    ]),
    '',
    '## Items of `auth.apiKeys`',
    '',
    ...memberTable(elementOf(configSchema.shape.auth, 'apiKeys')),
    '',
    '## Steps of `enrich`',
    '',
    ...stepTable(),
    '',
    '### Settings of `lookup`',
    '',
    ...memberTable(lookupStep),
    '',
  ].join('\n');
}

function sectionOf(key: ConfigKey): string {
  return key.path.slice(0, -1).join('.');
}

function row(key: ConfigKey): string[] {
  const standard = key.defaultValue === undefined ? '' : code(JSON.stringify(key.defaultValue));
  return [code(key.name), code(key.env), key.expected, standard, key.description];
}

function elementOf(section: z.core.$ZodType, member: string): z.core.$ZodType {
  const list = unwrap(membersOf(section)?.[member] as z.core.$ZodType).schema as z.core.$ZodArray;
  return list._zod.def.element;
}

function memberTable(schema: z.core.$ZodType): string[] {
  return table(
    ['key', 'value', 'default', 'meaning'],
    membersIn(schema, '').map(([name, member]) => {
      const { defaultValue, description } = unwrap(member);
      return [
        code(name),
        describeType(member),
        defaultValue === undefined ? '' : code(JSON.stringify(defaultValue)),
        description,
      ];
    }),
  );
}

/** The members of an object, those of its sections under `section.member`. */
function membersIn(schema: z.core.$ZodType, prefix: string): (readonly [string, z.core.$ZodType])[] {
  return Object.entries(membersOf(schema) ?? {}).flatMap(([name, member]) =>
    membersOf(member) ? membersIn(member, `${prefix}${name}.`) : [[`${prefix}${name}`, member] as const],
  );
}

function stepTable(): string[] {
  const union = elementOf(configSchema, 'enrich') as z.core.$ZodUnion;
  const rows = union._zod.def.options.map((option) => {
    const { step, ...others } = membersOf(option) ?? {};
    // Its settings are many: they have a table of their own.
    const fields =
      option === lookupStep
        ? ['see below']
        : Object.entries(others).map(([name, member]) => {
            const optional = member._zod.optin === 'optional' ? '?' : '';
            return `${code(`${name}${optional}`)} ${describeType(member)}`;
          });
    return [
      code(step === undefined ? '' : describeType(step)),
      fields.join(', '),
      unwrap(option).description,
    ];
  });
  return table(['step', 'fields', 'meaning'], rows);
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** Columns are padded as Prettier would, so that the generated file passes its check. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [head, ...rows].map((cellsOfRow) => cellsOfRow.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((line) => (line[column] ?? '').length)));
  const render = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [render(first), render(widths.map((width) => '-'.repeat(width))), ...rest.map(render)];
}
