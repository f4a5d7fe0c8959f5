import { type CheerMeterOptions, type CheerModel, type Figure, type ServiceView } from '../types';
import { countStates } from './describe';
import { stateWord } from '../model/states';
import { figureText } from './looks';
import { countsWidth } from './StateCounts';
import { type News, newsOf } from './ticker-news';

/** What a ticker says, and how large; sizes in CSS pixels. */
export interface TickerPlan {
  /** `line`: all in one; `two`: the name above the state; `paired`: both above the reason; `three`: each below the other. */
  readonly kind: 'line' | 'two' | 'paired' | 'three';
  readonly font: number;
  readonly smallFont: number;
  readonly gap: number;
  readonly glyph: number;
  readonly name: string;
  readonly score?: Figure;
  /** Empty where there is no room for them. */
  readonly counts: ReturnType<typeof countStates>;
  readonly news?: News;
  /** There is room for a sparkline and for when it happened. */
  readonly long: boolean;
}

const narrow = 360;
/** Lower than this there is one line, lower than that there are two. */
const [lowestTwo, lowestThree] = [38, 54];
/** In a narrower one the name and the state don't fit into a line. */
const narrowestPair = 150;
/** Digits and letters are about so wide, as a multiple of their size. */
const letter = 0.62;

export function planTicker(
  model: CheerModel,
  worst: ServiceView,
  options: CheerMeterOptions,
  { width, height, now }: { readonly width: number; readonly height: number; readonly now: number }
): TickerPlan {
  const news = newsOf(model, worst, options, now);
  const kind = kindOf(width, height, news);
  const one = kind === 'line';
  const room = height / (kind === 'three' ? 4 : one ? 2.1 : 3.2);
  const font = Math.max(Math.min(room, width / (one ? 32 : 13), 28), 11);
  const smallFont = Math.max(font * 0.85, 11);
  const gap = Math.round(font * (one ? 0.85 : 0.6));
  const glyph = Math.round(one ? font * 1.25 : Math.min(font * 2.1, height));
  const several = model.services.length > 1;
  // Of many that are well none stands out.
  const allWell = several && worst.state === 'green';
  const name = options.headline || (allWell ? `${model.services.length} services` : worst.name);
  const score = allWell ? undefined : worst.score;
  const letters = stateWord(worst.state).length + (score ? figureText(score).length : 0);
  const nameWidth = one ? Math.min(name.length * 0.6 * font, width * 0.4) : 0;
  const free = width - glyph - letters * font * letter - gap * 4 - nameWidth;
  const all = several && !allWell && kind !== 'paired' ? countStates(model.services) : [];
  const counts = countsWidth({ counts: all, fontSize: smallFont }) <= free ? all : [];
  return { kind, font, smallFont, gap, glyph, name, score, counts, news, long: one && width >= font * 44 };
}

/** Too low for three lines, it says why rather than the name alone. */
function kindOf(width: number, height: number, news: News | undefined): TickerPlan['kind'] {
  if (width >= narrow || height < lowestTwo) {
    return 'line';
  }
  if (news && height >= lowestThree) {
    return 'three';
  }
  return news && news.event === undefined && width >= narrowestPair ? 'paired' : 'two';
}
