import { distance } from 'fastest-levenshtein';

/** Nobody mistypes a longer name, and the cost grows with the length of what a caller sends. */
const longestWord = 64;

/**
 * The candidate that a mistyped word most likely meant (`eventId` means `event_id`), compared without regard to case,
 * `_` and `-`, or `undefined` when none is near: at most one edit in three letters.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > longestWord) return undefined;
  const fold = (text: string): string => text.toLowerCase().replaceAll(/[_-]/g, '');
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(fold(word), fold(candidate));
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

/** `; did you mean X?`, or nothing when no name is near. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}
