import { arcRatio } from './Arc';
import { budgetLine } from './BudgetBar';
import { clamp } from './clamp';
import { eventLine } from './EventsList';

/** What there is to draw. */
export interface MeterContent {
  readonly budgets: number;
  readonly events: number;
  readonly history: boolean;
}

/** Where the parts of a meter stand, all in CSS pixels: what has no room is left out, nothing is cut. */
export interface MeterPlan {
  /** `beside`: the verdict beside the arc, details below; `columns`: details beside it too; `stacked`: all below it. */
  readonly kind: 'beside' | 'columns' | 'stacked';
  readonly gap: number;
  readonly font: number;
  /** Of budgets and events. */
  readonly smallFont: number;
  readonly wordFont: number;
  /** The width of the arc. */
  readonly arc: number;
  readonly verdict: { readonly width: number; readonly height: number };
  readonly details: Details;
}

export interface Details {
  readonly width: number;
  readonly height: number;
  readonly budgetRows: number;
  readonly budgetColumns: number;
  readonly eventRows: number;
  /** 0: none. */
  readonly sparkline: number;
}

export function planMeter(width: number, height: number, content: MeterContent): MeterPlan {
  const font = clamp(Math.min(width / 32, height / 22), 12, 28);
  const smallFont = clamp(font * 0.75, 12, 20);
  const gap = Math.round(smallFont);
  const base = { font, smallFont, gap };
  if (width < height * 1.15 || width < 220) {
    return stacked(width, height, content, base);
  }
  return width > height * 2.3 && width > 560
    ? columns(width, height, content, base)
    : beside(width, height, content, base);
}

type Base = Pick<MeterPlan, 'font' | 'smallFont' | 'gap'>;

function beside(width: number, height: number, content: MeterContent, base: Base): MeterPlan {
  const details = planDetails(width, height - Math.max(height * 0.54, 96) - base.gap, content, base);
  const top = details.height > 0 ? height - details.height - base.gap : height;
  const arc = Math.floor(Math.min(top / arcRatio, width * 0.46));
  const verdict = { width: width - arc - base.gap * 2, height: top };
  return { kind: 'beside', ...base, arc, verdict, wordFont: wordFont(verdict, base), details };
}

function columns(width: number, height: number, content: MeterContent, base: Base): MeterPlan {
  const room = Math.floor(clamp(width * 0.36, 200, base.smallFont * 48));
  const details = planDetails(room, height, content, base);
  const left = details.height > 0 ? width - room - base.gap * 3 : width;
  const arc = Math.floor(Math.min(height / arcRatio, left * 0.44));
  // Wider it would part what belongs together.
  const verdict = { width: Math.min(left - arc - base.gap * 2, base.font * 30), height };
  return { kind: 'columns', ...base, arc, verdict, wordFont: wordFont(verdict, base), details };
}

function stacked(width: number, height: number, content: MeterContent, base: Base): MeterPlan {
  const details = planDetails(width, height < 260 ? 0 : height * 0.42 - base.gap, content, base);
  const top = details.height > 0 ? height - details.height - base.gap : height;
  const arc = Math.floor(clamp(Math.min(width, (top * 0.64) / arcRatio), 0, 520));
  const verdict = { width, height: Math.max(top - Math.ceil(arc * arcRatio) - base.gap / 2, 0) };
  return { kind: 'stacked', ...base, arc, verdict, wordFont: wordFont(verdict, base), details };
}

/** The longest word has eight letters, each about 0.6 wide. */
function wordFont({ width, height }: MeterPlan['verdict'], { font }: Base): number {
  return clamp(Math.min(width / 5.2, height * 0.3), font, font * 3.6);
}

function planDetails(width: number, height: number, content: MeterContent, { smallFont, gap }: Base): Details {
  const most = clamp(Math.floor((width + 2 * gap) / (smallFont * 12 + 2 * gap)), 1, Math.max(content.budgets, 1));
  const evenRows = Math.max(Math.ceil(content.budgets / most), 1);
  // As even as can be: four in two rows of two, not of three and one.
  const budgetColumns = Math.max(Math.ceil(content.budgets / evenRows), 1);
  const wanted = content.budgets > 0 ? Math.min(evenRows, 4) : 0;
  let left = height;
  const budgetRows = clamp(Math.floor(left / (budgetLine * smallFont)), 0, wanted);
  left -= budgetRows > 0 ? budgetRows * budgetLine * smallFont + gap : 0;
  const line = eventLine * smallFont;
  const curve = Math.round(clamp(height * 0.22, 24, 96));
  const roomForBoth = left - curve - gap >= Math.min(content.events, 3) * line;
  const sparkline = content.history && width >= 120 && left >= curve && roomForBoth ? curve : 0;
  left -= sparkline > 0 ? sparkline + gap : 0;
  const eventRows = clamp(Math.floor(left / line), 0, Math.min(content.events, 12));
  left -= eventRows > 0 ? eventRows * line + gap : 0;
  const used = height - left - gap;
  return { width, height: Math.max(Math.ceil(used), 0), budgetRows, budgetColumns, eventRows, sparkline };
}
