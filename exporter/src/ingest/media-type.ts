/** A parsed Content-Type (RFC 9110, section 8.3.1): lower-case `type/subtype` and its charset, where it names one. */
export interface MediaType {
  readonly essence: string;
  readonly charset: string | undefined;
}

const parameter = /;\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/g;

export function parseMediaType(header: string): MediaType {
  const essence = (header.split(';', 1)[0] as string).trim().toLowerCase();
  if (essence.length === header.length) return { essence, charset: undefined };
  for (const [, name, value] of header.matchAll(parameter)) {
    if (name?.toLowerCase() !== 'charset') continue;
    const text = (value as string).trim();
    return { essence, charset: (text.startsWith('"') ? text.slice(1, -1) : text).toLowerCase() };
  }
  return { essence, charset: undefined };
}

/** True for what is UTF-8 in every byte; JSON has no other encoding between systems (RFC 8259, section 8.1). */
export function isUtf8Charset(charset: string | undefined): boolean {
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

/** `application/json` and everything with the suffix `+json` (RFC 6839). */
export function isJsonType(essence: string): boolean {
  return essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json');
}
