/** Longer texts are cut: an event is one line. */
const longest = 200;

/** One short line without markup, for what may be HTML, Markdown's line breaks or no string at all. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    return '';
  }
  const text = String(value)
    .slice(0, 10 * longest)
    .replace(/<[^<>]*>/g, ' ')
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  return text.length > longest ? `${text.slice(0, longest - 1).trimEnd()}…` : text;
}
