import { type CheerEvent, type CheerMeterOptions, type CheerModel, type ServiceView } from '../types';
import { countsText, stateNote } from './describe';
import { formatAgo, formatDuration } from './looks';

export interface News {
  readonly text: string;
  /** "for 20 s", "3 min ago". */
  readonly when?: string;
  /** Epoch ms of what `when` says. */
  readonly time?: number;
  readonly event?: CheerEvent;
}

/** What a ticker says last: why the worst service is bad, what its state means, or what happened last. */
export function newsOf(
  model: CheerModel,
  worst: ServiceView,
  options: CheerMeterOptions,
  now: number
): News | undefined {
  const [reason] = worst.reasons;
  if (reason && options.showReasons) {
    const others = worst.reasons.length - 1;
    const text = others > 0 ? `${reason.text}, and ${others} more` : reason.text;
    return reason.since === undefined
      ? { text }
      : { text, when: `for ${formatDuration(now - reason.since)}`, time: reason.since };
  }
  const known = worst.state === 'green' || worst.state === 'yellow' || worst.state === 'red';
  if (!known) {
    return { text: stateNote(worst, now) };
  }
  const [event] = options.showEvents ? model.events : [];
  if (!event) {
    const text = model.services.length === 1 ? countsText(worst) : '';
    return text === '' ? undefined : { text };
  }
  const named = event.service !== undefined && model.services.length > 1;
  const text = named ? `${event.service}: ${event.text}` : event.text;
  return { text, when: formatAgo(event.time, now), time: event.time, event };
}
