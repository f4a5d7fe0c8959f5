import { type Reason } from '../types';

/** What of some reasons is shown in so many lines, and how many lines that takes. */
export interface ReasonRows {
  readonly shown: readonly Reason[];
  /** A last line says how many these are. */
  readonly hidden: readonly Reason[];
  readonly lines: number;
}

/** Lines a text may take; more of it is cut. */
export const mostLines = 2;

/** Letters are about so wide, as a multiple of their size. */
const letter = 0.53;

/** Lines that a text takes in some width when its letters have some size, both in CSS pixels. */
export function linesOf(text: string, width: number, fontSize: number): number {
  return Math.min(Math.ceil((text.length * letter * fontSize) / Math.max(width, 1)), mostLines);
}

/** Widths and sizes in CSS pixels. */
export function fitReasons(reasons: readonly Reason[], width: number, fontSize: number, rows: number): ReasonRows {
  const total = reasons.reduce((sum, reason) => sum + linesOf(reason.text, width, fontSize), 0);
  if (total <= rows) {
    return { shown: reasons, hidden: [], lines: total };
  }
  let lines = 0;
  let count = 0;
  for (const reason of reasons) {
    const room = rows - lines - (count + 1 < reasons.length ? 1 : 0);
    const needed = linesOf(reason.text, width, fontSize);
    if (needed > room) {
      break;
    }
    lines += needed;
    count++;
  }
  if (count === 0 && rows >= 1) {
    // One that is cut says more than none.
    return { shown: reasons.slice(0, 1), hidden: [], lines: Math.min(rows, mostLines) };
  }
  const hidden = reasons.slice(count);
  return { shown: reasons.slice(0, count), hidden, lines: lines + (hidden.length > 0 && count > 0 ? 1 : 0) };
}
