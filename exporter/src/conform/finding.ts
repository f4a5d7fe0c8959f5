import type { Subject } from './subject';

/** What a check found. `seen` is told to the person who must mend it. */
export type Finding =
  | { readonly status: 'met'; readonly seen: string }
  | { readonly status: 'missed'; readonly seen: readonly string[] }
  | { readonly status: 'unchecked'; readonly why: string };

/** One requirement of the kit's contract. */
export interface Check {
  /** Stable: scripts and docs/conform.md name it. */
  readonly id: string;
  readonly expected: string;
  /** What to do when it is missed. */
  readonly mend: string;
  run(subject: Subject): Promise<Finding>;
}

export function met(seen: string): Finding {
  return { status: 'met', seen };
}

export function missed(...seen: readonly string[]): Finding {
  return { status: 'missed', seen };
}

export function unchecked(why: string): Finding {
  return { status: 'unchecked', why };
}

/** Missed with these problems, or met when there are none. */
export function unless(problems: readonly string[], seen: string): Finding {
  return problems.length > 0 ? missed(...problems) : met(seen);
}

/** The first few of a list, and how many there are more. */
export function some(list: readonly string[], many = 5): string {
  const rest = list.length - many;
  return `${list.slice(0, many).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
