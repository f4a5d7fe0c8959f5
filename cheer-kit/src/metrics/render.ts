import { Registry } from 'prom-client';
import type { MetricsRegistry } from './registry';

/** A scrape. */
export interface RenderedMetrics {
  readonly contentType: string;
  readonly body: string;
}

/** A scrape in the format that the Accept header asks for: OpenMetrics where it is named and preferred, else plain text. */
export async function renderMetrics(
  registry: MetricsRegistry,
  accept: string | undefined,
): Promise<RenderedMetrics> {
  const openMetrics = await registry.metrics();
  if (prefersOpenMetrics(accept))
    return { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: openMetrics };
  return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: toPlainText(openMetrics) };
}

/** Quality values by RFC 9110 section 12.5.1. A wildcard alone gets plain text, which every scraper reads. */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  const quality = { openMetrics: 0, text: 0 };
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const q = weight === undefined ? 1 : Number(weight.slice(2));
    if (!(q > 0)) continue;
    if (type === 'application/openmetrics-text') quality.openMetrics = Math.max(quality.openMetrics, q);
    if (type === 'text/plain') quality.text = Math.max(quality.text, q);
  }
  return quality.openMetrics > 0 && quality.openMetrics >= quality.text;
}

const sampleWithExemplar = /^([^{\s]+(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})? \S+) # \{.*$/;

/**
 * The Prometheus text format (version 0.0.4) from prom-client's OpenMetrics: metric family names of counters get
 * their `_total` back, exemplars and `# EOF` go.
 */
export function toPlainText(openMetrics: string): string {
  const lines = openMetrics.split('\n');
  const plain: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '# EOF' || line === '') continue;
    if (line.startsWith('# HELP ')) {
      // prom-client writes HELP and then TYPE.
      plain.push(isCounter(lines[index + 1]) ? line.replace(/^# HELP (\S+)/, '# HELP $1_total') : line);
    } else if (isCounter(line)) {
      plain.push(line.replace(/^# TYPE (\S+)/, '# TYPE $1_total'));
    } else {
      plain.push(line.includes(' # {') ? line.replace(sampleWithExemplar, '$1') : line);
    }
  }
  return `${plain.join('\n')}\n`;
}

function isCounter(line: string | undefined): boolean {
  return line !== undefined && line.startsWith('# TYPE ') && line.endsWith(' counter');
}
