/** Where a value of the configuration came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number }
  | { readonly kind: 'env'; readonly variable: string };

export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}`;
    case 'env':
      return origin.variable;
  }
}

/** One thing that is wrong with the configuration. The value is text and already masked when it is a secret. */
export interface ConfigProblem {
  /** Dotted path, or the name of a variable. Empty for the file as a whole. */
  readonly path: string;
  readonly value?: string;
  /** Follows path and value: `must be …`, `is not …`, `unknown key; did you mean …?`. */
  readonly says: string;
  readonly origin?: Origin;
}

export function problemText({ path, value, says, origin }: ConfigProblem): string {
  const subject = [path, value].filter((part) => part !== undefined && part !== '').join(': ');
  const where = origin === undefined || origin.kind === 'default' ? '' : ` (${originText(origin)})`;
  return `${subject === '' ? '' : `${subject} `}${says}${where}`;
}
