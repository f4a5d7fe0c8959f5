/** Longest text of each field, in UTF-8 bytes. */
export const maxBytes = { event_id: 512, key: 512, source: 1024, type: 256 } as const;

/**
 * What is wrong with a text that becomes a key, a header or a log line; undefined when nothing is. One pass without
 * allocation, because every event goes through it several times.
 */
export function textProblem(text: string, limit: number): string | undefined {
  if (text.length === 0) return 'is empty';
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit < 0x7f) continue;
    if (unit < 0xa0) {
      return `has the control character U+${unit.toString(16).toUpperCase().padStart(4, '0')} at position ${i}`;
    }
    bytes += unit < 0x800 ? 1 : 2;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = text.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff))
      return `has half a surrogate pair at position ${i}`;
    i++; // a pair is 4 bytes in UTF-8: its two units and the two counted above
  }
  return bytes > limit ? `has ${bytes} bytes; at most ${limit} are allowed` : undefined;
}
