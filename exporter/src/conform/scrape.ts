/** A sample's exemplar, by the name of its label for the trace. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** `trace_id` of its exemplar; OpenMetrics only. */
  readonly traceId?: string;
}

const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\]|\\.)*"`;
const labels = String.raw`\{((?:${label},?)*)\}`;
const line = new RegExp(
  String.raw`^([a-zA-Z_:][\w:]*)(?:${labels})? (\S+)(?: [\d.eE+-]+)?(?: # ${labels} .*)?$`,
);
const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** One scrape, in the Prometheus text format 0.0.4 or OpenMetrics 1.0. */
export class Scrape {
  readonly samples: readonly Sample[];
  /** Lines that are neither samples nor comments. */
  readonly unreadable: readonly string[];
  /** By family; a counter's with the suffix `_total` in both formats. */
  private readonly types = new Map<string, string>();

  constructor(text: string) {
    const samples: Sample[] = [];
    const unreadable: string[] = [];
    for (const each of text.split('\n')) {
      const type = /^# TYPE (\S+) (\S+)$/.exec(each);
      if (type) this.types.set(familyOf(type[1] as string, type[2] as string), type[2] as string);
      if (each === '' || each.startsWith('#')) continue;
      const sample = readSample(each);
      if (sample) samples.push(sample);
      else unreadable.push(each);
    }
    this.samples = samples;
    this.unreadable = unreadable;
  }

  /** counter, gauge, histogram ...; undefined when the family is not there. */
  typeOf(family: string): string | undefined {
    return this.types.get(family);
  }

  /** The samples of a name with these label values. */
  of(name: string, labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
    const wanted = Object.entries(labels);
    return this.samples.filter(
      (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
    );
  }

  /** 0 without samples. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.of(name, labels).reduce((total, { value }) => total + value, 0);
  }
}

function familyOf(name: string, type: string): string {
  return type === 'counter' && !name.endsWith('_total') ? `${name}_total` : name;
}

function readSample(text: string): Sample | undefined {
  const [, name, own = '', value, exemplar] = line.exec(text) ?? [];
  if (name === undefined || value === undefined) return undefined;
  const traceId = exemplar === undefined ? undefined : readLabels(exemplar)['trace_id'];
  return {
    name,
    labels: readLabels(own),
    value: value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value),
    ...(traceId !== undefined && { traceId }),
  };
}

function readLabels(text: string): Record<string, string> {
  const escapes: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };
  return Object.fromEntries(
    [...text.matchAll(pair)].map(([, name, value]) => [
      name,
      (value as string).replace(/\\(.)/g, (whole, code: string) => escapes[code] ?? whole),
    ]),
  ) as Record<string, string>;
}
