// What the page says about a cheer: text only, made of what the API tells.

const states = {
  green: 'All conditions hold.',
  yellow: 'Degraded. Events are still accepted safely.',
  red: 'Failing.',
  warming: 'Starting: waiting for the first evidence. Not counted as healthy yet.',
  disabled: 'Switched off by its feature flag. No verdict is given.',
};
const idle = 'All quiet: no real events lately. The heartbeat keeps testing the whole path.';
const shedding = 'Degraded. Some events are turned away so that the others are stored safely.';
const leaving = 'Shutting down. Accepted events are being finished; new ones belong elsewhere.';
const recovering = 'Well again. The state follows when it has stayed so.';

/** What is red, by the code of its reason; a condition is so from some figure on, and merely yellow before it. */
const reds = {
  fenced: { say: 'Events are refused.', red: () => true },
  refusing: { say: 'Events are refused.', red: () => true },
  error_budget: {
    say: 'The error budget is spent; events are still accepted.',
    red: (figure) => figure <= 0,
  },
  saturation: {
    say: 'A queue is nearly full; events are accepted until it is.',
    red: (figure) => figure >= 0.9,
  },
};

/** Of a reason that is over and only held for a while, the service says so at the end of its detail. */
const isHeld = ({ detail }) => /; well again, held for \d+ s more$/.test(detail);

export const isDraining = ({ reasons }) => reasons.some(({ code }) => code === 'draining');

/** The sentence under the state: the worst that is true now. */
export function headline(cheer) {
  const { state, reasons, conditions } = cheer;
  const current = reasons.filter((reason) => !isHeld(reason));
  const figure = (code) => conditions.find(({ name }) => name === code)?.figure ?? 0;
  const worst = current.find(({ code }) => reds[code]?.red(figure(code)));
  if (worst) return reds[worst.code].say;
  if (isDraining(cheer)) return leaving;
  if (current.some(({ code }) => code === 'degraded')) return shedding;
  if (reasons.length > 0 && (current.length === 0 || state === 'red')) return recovering;
  return state === 'green' && cheer.idle ? idle : (states[state] ?? '');
}

/** What the service does with events now, beside the state, which follows later; nothing while that is as usual. */
export const modeWord = ({ mode }) =>
  ({ degraded: 'shedding now', refusing: 'refusing now', draining: 'draining now' })[mode] ?? '';

/** A cheer event's detail; who came without a key has no name to show. */
export const eventDetail = ({ kind, detail }, onThisMachine) =>
  kind === 'quarantine'
    ? detail.replace(
        /, by anonymous$/,
        `, by a caller ${onThisMachine ? 'on this machine' : 'without a key'}`,
      )
    : detail;
