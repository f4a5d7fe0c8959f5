/** A URL with places for values of the payload. */
export interface UrlTemplate {
  /** Scheme, host and port: they never come from a payload. */
  readonly origin: URL;
  /** Path and query, cut at the placeholders: one text more than there are placeholders. */
  readonly texts: readonly string[];
  /** Where each placeholder's value is inside the payload. */
  readonly paths: readonly (readonly string[])[];
}

const origin = /^(https?):\/\/[^/?#]+/i;
const placeholder = /\{([^{}]*)\}/g;

/**
 * Reads `http://host/path/{user.country}?x={station}`; a placeholder is a path of member names and item numbers.
 * @throws RangeError that says, as the end of a sentence about the text, what is wrong
 */
export function parseUrlTemplate(text: string): UrlTemplate {
  const [start] = origin.exec(text) ?? [];
  if (start === undefined) throw new RangeError('is not an http or https URL');
  if (/[{}]/.test(start))
    throw new RangeError('has a placeholder in its host: only path and query may have any');
  const url = urlOf(text.replace(placeholder, '0'));
  if (url.username !== '' || url.password !== '') {
    throw new RangeError('holds credentials: put them into `headers`, where they are masked');
  }
  if (url.hash !== '') throw new RangeError('has a fragment, which no server would see');
  // Read by the URL parser once, so that what is sent is escaped as it should be; the placeholders stay apart.
  const rest = text.slice(start.length);
  const paths = [...rest.matchAll(placeholder)].map(([, name]) => (name as string).split('.'));
  if (paths.some((parts) => parts.some((part) => part === '' || part === '*'))) {
    throw new RangeError('has a placeholder that does not lead to one value');
  }
  const texts = rest.split(/\{[^{}]*\}/);
  if (texts.some((part) => /[{}]/.test(part))) throw new RangeError('has a brace without its other half');
  if (texts.some((part) => !/^[\x21-\x7e]*$/.test(part))) {
    throw new RangeError('has a character that must be percent-encoded');
  }
  const [first = '', ...others] = texts;
  return {
    origin: new URL(url.origin),
    texts: [first.startsWith('/') ? first : `/${first}`, ...others],
    paths,
  };
}

function urlOf(text: string): URL {
  if (!URL.canParse(text)) throw new RangeError('is not an http or https URL');
  return new URL(text);
}

/** What is wrong with the text, or undefined. */
export function urlTemplateProblem(text: string): string | undefined {
  try {
    parseUrlTemplate(text);
    return undefined;
  } catch (error) {
    return (error as RangeError).message;
  }
}

const longestPath = 8_000;

/**
 * Path and query with the values in place, each percent-encoded (RFC 3986, section 2.1). Undefined when they would make
 * another request than the one that was meant: an empty value, one that makes a `.` or `..` of a path segment, a text
 * that has no UTF-8, or all too long.
 */
export function fillUrlTemplate({ texts }: UrlTemplate, values: readonly string[]): string | undefined {
  let target = texts[0] as string;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    const encoded = value.length > longestPath ? undefined : percentEncode(value);
    if (!encoded) return undefined;
    target += encoded + (texts[i + 1] as string);
  }
  if (target.length > longestPath) return undefined;
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : target;
}

function percentEncode(value: string): string | undefined {
  try {
    return encodeURIComponent(value);
  } catch {
    // Half of a surrogate pair.
    return undefined;
  }
}
