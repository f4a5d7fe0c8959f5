/** Stands where a secret stood. */
export const mask = '[redacted]';

/** Longer texts are cut: a log line must not stall the process, nor fill a disk. In UTF-16 units. */
export const longestText = 32_768;

/** Without any of these a text needs no closer look; most have none. */
const hint = new RegExp(
  'auth|cookie|key|secret|pass|pwd|pin|otp|token|credential|jwt|bearer|basic|signature|sig=|code=|sid=|session|://' +
    '|eyJ|AKIA|ASIA|gh[pousr]_|github_pat|[rs]k_(?:live|test)|xox|glpat|not valid JSON',
  'i',
);

/** `Bearer` and `Basic` with what follows, unless that is an ordinary word ("basic functionality"). */
const scheme = /\b([Bb]earer|BEARER|[Bb]asic|BASIC)\s{1,9}(?=[\w.~+/=-]*[\dA-Z+/=])[\w.~+/=-]{6,}/g;

/** A quoted text, which may have been cut off. */
const quoted = '"(?:[^"\\\\]|\\\\[^])*"?|\'(?:[^\'\\\\]|\\\\[^])*\'?';
/** What may stand in brackets: nothing behind it can fail, so that it is read once whatever it is. */
const bracketed = (allBut: string): string => `(?:\\\\[^]|${quoted}|[^"'\\\\${allBut}])*`;
const list = `\\[${bracketed('\\]')}\\]?`;
const object = `\\{(?:\\\\[^]|${quoted}|\\{${bracketed('{}')}\\}?|[^"'\\\\{}])*\\}?`;

/** A value, quoted or not, in JSON that is quoted itself, or all of a list or an object. */
const value =
  '(?:\\\\"(?:[^"]|(?<=\\\\\\\\\\\\)")*"?|\\\\{2,7}"[^"]*"?' +
  `|${quoted}|(?:${list}|${object})[^\\s&,;"'\\]})\\\\]*|(?:(?:bearer|basic|digest)\\s{1,9})?[^\\s&,;"']+)`;
/** Names end, then `:`, `=` or `=>`, also as in an address (or a comma, in lists of names and values). */
const assigned =
  '(?:\\\\{0,7}["\']|%22)?[ \\t]{0,9}(?:=>|[:=]|%(?:25){0,3}3[ad]|(?<=["\']),)\\s{0,9}(?:-\\s{1,9})?';
const secretWord =
  'api[-_]?key|secret|passw(?:or)?d|passphrase|credentials?|(?:private|access|account|shared|signing)[-_]?key' +
  '|token|(?:(?<![a-z])|_)(?:pass|pwd|jwt)(?![a-z])';

/** Names of secrets, then a value. */
const named = new RegExp(
  `((?:(?:${secretWord}|authorization|cookie)[\\w-]{0,30}|(?<![a-z])(?:otp|pin)(?![\\w-]))${assigned})${value}`,
  'gi',
);

/** The short ones of them at the end of a name in camel case: `dbPass`, not `bypass`. */
const camelCase = new RegExp(`([a-z](?:Pass|Pwd|Otp|Pin)${assigned})${value}`, 'g');

/** On a command line a space is enough. Behind it stands no secret where a sentence goes on. */
const argument = new RegExp(
  `((?<![\\w-])--(?:[\\w-]{0,30}-)?(?:${secretWord})(?![a-z])\\s{1,9})` +
    '(?!-|(?:is|are|was|were|must|needs?|may|can|could|or|and|to|of|in|for|has|have|with|without|should|given|as|from' +
    `|option|flag|requires?|required|not|but|on|at|by|than|that|which|when|if)\\b)(?:${quoted}|[^\\s"']+)`,
  'gi',
);

/** Of AWS, GitHub, Stripe, Slack, GitLab: they tell who they are. */
const knownKey =
  /\b(?:A(?:KI|SI)A[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|[rs]k_(?:live|test)_\w{8,}|xox[abeoprs]-[\w-]{10,}|glpat-[\w-]{20,})/g;

/** The value of a header as it goes over the wire ends with the line. */
const header = /\b((?:proxy-)?authorization|(?:set-)?cookie)([ \t]{0,9}:[ \t]{0,9})(?!["'\s])[^\r\n]+/gi;

/** What `named` does not have, as these words are harmless outside of a query (or of the fragment of OAuth's answers). */
const query = /([?&#](?:[\w.%[\]-]{0,64}?(?:key|sig|signature|auth|session|sid)|code)=)[^&\s"'#]+/gi;

const password = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']*):[^\s/"']+@/gi;

/** One with a slash that is not encoded: what stands behind the colon is no port. */
const slashedPassword =
  /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"'[]{1,128}):(?!\d{1,5}[/?#,])[^\s"'@]{1,128}@/gi;

/** An address with nothing but a name in front of its host: as long as this, it is a token. */
const longUser = /(:\/\/)[^\s/:@"']{20,}@/g;

/** RFC 7519: a token tells who it is even where nothing beside it does. */
const jsonWebToken = /\beyJ[\w-]{10,300}\.[\w-]{10,}(?:\.[\w-]*)?/g;

const privateKey = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[\w+/=\s\\]*/g;

/** V8 quotes about twenty characters of what it could not parse: of someone's payload. */
const jsonSnippet = /"[^]{0,60}?"(\.\.\.)? is not valid JSON/g;

/**
 * Masks what looks like a credential inside running text: authorization and cookie headers, bearer tokens, members,
 * parameters and arguments whose name says that they hold a secret, passwords in addresses, JSON web tokens, private
 * keys, and keys of a few well-known services. Takes time in proportion to the text, whatever is in it, and cuts what is
 * longer than `longestText`.
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
    .replace(camelCase, `$1${mask}`)
    .replace(argument, `$1${mask}`)
    .replace(query, `$1${mask}`)
    .replace(password, `$1:${mask}@`)
    .replace(slashedPassword, `$1:${mask}@`)
    .replace(longUser, `$1${mask}@`)
    .replace(jsonWebToken, mask)
    .replace(knownKey, mask)
    .replace(jsonSnippet, `${mask} is not valid JSON`);
}
