/** Stands where a secret stood. */
export const mask = '[redacted]';

/** Longer texts are cut: a log line must not stall the process, nor fill a disk. In UTF-16 units. */
export const longestText = 32_768;

/** Without any of these a text needs no closer look; most have none. */
const hint =
  /auth|cookie|key|secret|pass|pwd|token|credential|jwt|bearer|basic|signature|sig=|code=|sid=|session|:\/\/|eyJ|not valid JSON/i;

/** `Bearer` and `Basic` with what follows, unless that is an ordinary word ("basic functionality"). */
const scheme = /\b([Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,9}(?=[\w.~+/=-]*[\dA-Z+/=])[\w.~+/=-]{6,}/g;

/** Names of secrets, then `:`, `=` or `=>` (or a comma, in lists of names and values), then a value, quoted or not. */
const named = new RegExp(
  '((?:api[-_]?key|secret|passw(?:or)?d|passphrase|credentials?|(?:private|access|account|shared|signing)[-_]?key' +
    '|token|\\b(?:pass|pwd|jwt)|authorization|cookie)[\\w-]{0,30}' +
    '(?:\\\\{0,7}["\'])?[ \\t]{0,9}(?:=>|[:=]|(?<=["\']),)\\s{0,9})' +
    '(?:\\\\{1,7}"[^"]*"?|"(?:[^"\\\\]|\\\\[^])*"?|\'(?:[^\'\\\\]|\\\\[^])*\'?|(?:(?:bearer|basic|digest)\\s{1,9})?[^\\s&,;"\']+)',
  'gi',
);

/** The value of a header as it goes over the wire ends with the line. */
const header = /\b((?:proxy-)?authorization|(?:set-)?cookie)([ \t]{0,9}:[ \t]{0,9})(?!["'\s])[^\r\n]+/gi;

/** What `named` does not have, as these words are harmless outside of a query (or of the fragment of OAuth's answers). */
const query = /([?&#](?:[\w.%[\]-]{0,64}?(?:key|sig|signature|auth|session|sid)|code)=)[^&\s"'#]+/gi;

const password = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']*):[^\s/"']+@/gi;

/** An address with nothing but a name in front of its host: as long as this, it is a token. */
const longUser = /(:\/\/)[^\s/:@"']{20,}@/g;

/** RFC 7519: a token tells who it is even where nothing beside it does. */
const jsonWebToken = /\beyJ[\w-]{10,300}\.[\w-]{10,}(?:\.[\w-]*)?/g;

const privateKey = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[\w+/=\s\\]*/g;

/** V8 quotes about twenty characters of what it could not parse: of someone's payload. */
const jsonSnippet = /"[^]{0,60}?"(\.\.\.)? is not valid JSON/g;

/**
 * Masks what looks like a credential inside running text: authorization and cookie headers, bearer tokens, members and
 * parameters whose name says that they hold a secret, passwords in addresses, JSON web tokens, private keys. Takes
 * time in proportion to the text, whatever is in it, and cuts what is longer than `longestText`.
 */
export function redactText(given: string): string {
  const text =
    given.length <= longestText
      ? given
      : `${given.slice(0, longestText)}… [${given.length - longestText} more]`;
  if (!hint.test(text)) return text;
  return text
    .replace(privateKey, mask)
    .replace(header, `$1$2${mask}`)
    .replace(scheme, `$1 ${mask}`)
    .replace(named, `$1${mask}`)
    .replace(query, `$1${mask}`)
    .replace(password, `$1:${mask}@`)
    .replace(longUser, `$1${mask}@`)
    .replace(jsonWebToken, mask)
    .replace(jsonSnippet, `${mask} is not valid JSON`);
}
