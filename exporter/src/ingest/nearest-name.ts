/** Number of single-character edits from one name to the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** The known name that was most likely meant: `eventId` is near `event_id`, `colour` is near nothing. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > 32) return undefined; // nobody mistypes that far, and the cost grows with the length
  const fold = (text: string): string => text.toLowerCase().replaceAll(/[_-]/g, '');
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const edits = distance(fold(name), fold(candidate));
    if (edits < bestDistance && edits <= Math.max(1, candidate.length / 3)) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}
