import { Counter, Gauge } from 'prom-client';
import type { MetricsRegistry } from './registry';

type Labels<Label extends string> = Readonly<Record<Label, string>>;

/** One sample: its labels, and its value; undefined leaves it out of the scrape. */
export type Sample<Label extends string> = readonly [labels: Labels<Label>, value: number | undefined];

interface Description<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
}

/** Every combination of the values of closed label lists: `{a: ['1', '2'], b: ['3']}` gives two. */
export function combinations<Lists extends Readonly<Record<string, readonly string[]>>>(
  lists: Lists,
): { readonly [Label in keyof Lists]: Lists[Label][number] }[] {
  let result: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(lists)) {
    result = result.flatMap((labels) => values.map((value) => ({ ...labels, [label]: value })));
  }
  return result as { readonly [Label in keyof Lists]: Lists[Label][number] }[];
}

/** A counter whose given series are there from the start at 0, so that the first increase is seen. */
export function counter<Label extends string = never>(
  registry: MetricsRegistry,
  description: Description<Label>,
  initial: readonly Labels<Label>[] = [],
): Counter<Label> {
  const made = new Counter<Label>({ ...description, registers: [registry] });
  for (const labels of initial) made.inc(labels, 0);
  return made;
}

/** A gauge whose given series are there from the start at 0. */
export function gauge<Label extends string = never>(
  registry: MetricsRegistry,
  description: Description<Label>,
  initial: readonly Labels<Label>[] = [],
): Gauge<Label> {
  const made = new Gauge<Label>({ ...description, registers: [registry] });
  for (const labels of initial) made.set(labels, 0);
  return made;
}

/** A counter that is read from its owner at each scrape: nothing is paid in between. */
export function readCounter<Label extends string = never>(
  registry: MetricsRegistry,
  description: Description<Label>,
  read: () => readonly Sample<Label>[],
): void {
  new Counter<Label>({
    ...description,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) if (value !== undefined) this.inc(labels, value);
    },
  });
}

/** A gauge that is read from its owner at each scrape. */
export function readGauge<Label extends string = never>(
  registry: MetricsRegistry,
  description: Description<Label>,
  read: () => readonly Sample<Label>[],
): void {
  new Gauge<Label>({
    ...description,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) {
        if (value === undefined) this.remove(labels);
        else this.set(labels, value);
      }
    },
  });
}
