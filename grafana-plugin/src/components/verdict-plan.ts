import { type ServiceView } from '../types';
import { countsText, stateNote } from './describe';
import { stateWord } from '../model/states';
import { type MeterPlan } from './meter-plan';
import { fitReasons, linesOf, type ReasonRows } from './reason-rows';
import { reasonLine } from './ReasonsList';

/** Heights of lines as multiples of their letters' size. */
export const nameLine = 1.4;
export const wordLine = 1.12;
export const factLine = 1.45;

/** Above the reasons, as a multiple of their letters' size. */
export const reasonsGap = 0.4;

export interface VerdictPlan {
  readonly showName: boolean;
  readonly facts: readonly string[];
  readonly reasons: ReasonRows;
}

/** What of a verdict has room beside or below the arc: the name first, then why, then for how long. */
export function planVerdict(
  service: ServiceView,
  name: string,
  showReasons: boolean,
  plan: MeterPlan,
  now: number
): VerdictPlan {
  const { font, smallFont, wordFont, verdict } = plan;
  const afterWord = verdict.height - wordFont * wordLine;
  const showName = name !== '' && afterWord >= smallFont * nameLine;
  const afterName = afterWord - (showName ? smallFont * nameLine : 0);
  const rows = Math.max(Math.floor((afterName / font - reasonsGap) / reasonLine), 0);
  const reasons = fitReasons(showReasons ? service.reasons : [], verdict.width - font, font, rows);
  const afterReasons = afterName - (reasons.lines > 0 ? (reasonsGap + reasons.lines * reasonLine) * font : 0);
  const facts: string[] = [];
  let lines = Math.floor(afterReasons / (smallFont * factLine));
  for (const fact of factsOf(service, now)) {
    lines -= linesOf(fact, verdict.width, smallFont);
    if (lines < 0) {
      break;
    }
    facts.push(fact);
  }
  return { showName, facts, reasons };
}

/** Most important first. */
function factsOf(service: ServiceView, now: number): string[] {
  const { state, lastState } = service;
  const facts = [stateNote(service, now)].filter((note) => note !== '');
  if (state === 'stale' && lastState) {
    facts.push(`${stateWord(lastState)} until then`);
  }
  const counts = countsText(service);
  if (state !== 'stale' && counts !== '') {
    facts.push(counts);
  }
  return facts;
}
