// What the page says about a cheer: text only, made of what the API tells.

const reasonNames = {
  error_budget: 'Error budget',
  latency: 'Latency',
  saturation: 'Saturation',
  age: 'Oldest event',
  breakers: 'Breakers',
  refusing: 'Refusing events',
  degraded: 'Turning some away',
  fenced: 'Store fenced',
  draining: 'Draining',
};
export const reasonName = (code) => reasonNames[code] ?? code;

/** Of a service with a pipeline, and of any other one. */
const sentences = {
  green: ['All conditions hold.'],
  yellow: ['Degraded. Events are still accepted safely.', 'Degraded, and still at work.'],
  red: ['Failing.'],
  warming: ['Starting: waiting for the first evidence. Not counted as healthy yet.'],
  disabled: ['Switched off by its feature flag. No verdict is given.'],
  idle: [
    'All quiet: no real events lately. The heartbeat keeps testing the whole path.',
    'All quiet: nothing came lately.',
  ],
  shedding: [
    'Degraded. Some events are turned away so that the others are stored safely.',
    'Degraded. Some requests are turned away so that the others are served.',
  ],
  leaving: [
    'Shutting down. Accepted events are being finished; new ones belong elsewhere.',
    'Shutting down. What runs is being finished; new requests belong elsewhere.',
  ],
  recovering: ['Well again. The state follows when it has stayed so.'],
  refused: ['Events are refused.', 'Requests are refused.'],
  spent: ['The error budget is spent; events are still accepted.', 'The error budget is spent.'],
  filled: ['A queue is nearly full; events are accepted until it is.', 'A queue is nearly full.'],
};

/** What is red, by the code of its reason; a condition is so from some figure on, and merely yellow before it. */
const reds = {
  fenced: { say: 'refused', red: () => true },
  refusing: { say: 'refused', red: () => true },
  error_budget: { say: 'spent', red: (figure) => figure <= 0 },
  saturation: { say: 'filled', red: (figure) => figure >= 0.9 },
};

/** Of a reason that is over and only held for a while, the service says so at the end of its detail. */
const isHeld = ({ detail }) => /; well again, held for \d+ s more$/.test(detail);

export const isDraining = ({ reasons }) => reasons.some(({ code }) => code === 'draining');

/** The first thing to do, by the code of the reason. The second text is for a service without stages and lanes. */
const doFirst = {
  fenced: [
    'Give it a minute: the store is closed, checked and opened again without help. If it stays fenced, look for disk errors, stop the service and run selfcheer store check.',
  ],
  refusing: [
    'Clear what is named here. Senders get 503 and send again; what was accepted is safe.',
    'Clear what is named here. Until then callers are turned away.',
  ],
  degraded: ['Slow the senders down or add an instance. It ends by itself when the load does.'],
  error_budget: [
    'Look at the burn rates under Error budgets. If a short window burns, it is going on now: undo what was changed last.',
  ],
  latency: [
    'Find the slow stage in the pipeline, then look at CPU, event loop and disk under Vitals.',
    'Look at CPU, event loop and garbage collection under Vitals, then at the downstreams that it waits for.',
  ],
  saturation: [
    'Find what empties that queue and why it is slow: mostly a broker that is away or an open breaker. Less load buys time.',
    'Find what empties that queue and why it is slow: mostly a downstream. Less load buys time.',
  ],
  age: [
    'Read what the waiting lanes say under Queues and breakers: mostly the broker is slow or away. What was accepted is on disk and goes out by itself.',
    'Find what should have taken that item and why it does not: mostly a slow downstream.',
  ],
  breakers: [
    'Look at the downstream that is named here. It is probed every few seconds, and calls go on by themselves when it answers.',
  ],
};

/** Stages that events go through, one after another: what the exporter has and other services may not. */
export const hasPipeline = ({ pipeline }) => pipeline.stages.length > 0;

/**
 * What to do first, about the worst that is true now, and the code of the reason that it is about; an empty text when
 * there is nothing to do but wait.
 */
export function advice(summary) {
  const { state, reasons } = summary.cheer;
  if (state === 'disabled') return { text: 'No alert of the cheer goes out until the flag is on again.' };
  const worst = reasons.find((reason) => !isHeld(reason));
  if (worst === undefined || isDraining(summary.cheer)) return { text: '' };
  const [forPipeline, forOthers = forPipeline] = doFirst[worst.code] ?? [''];
  return { code: worst.code, text: hasPipeline(summary) ? forPipeline : forOthers };
}

/** The sentence under the state: the worst that is true now. */
export function headline(cheer, hasPipeline = true) {
  const [ofPipeline, ofOthers = ofPipeline] = sentences[situation(cheer)] ?? [''];
  return hasPipeline ? ofPipeline : ofOthers;
}

function situation(cheer) {
  const { state, reasons, conditions } = cheer;
  const current = reasons.filter((reason) => !isHeld(reason));
  const figure = (code) => conditions.find(({ name }) => name === code)?.figure ?? 0;
  const worst = current.find(({ code }) => reds[code]?.red(figure(code)));
  if (worst) return reds[worst.code].say;
  if (isDraining(cheer)) return 'leaving';
  if (current.some(({ code }) => code === 'degraded')) return 'shedding';
  if (reasons.length > 0 && (current.length === 0 || state === 'red')) return 'recovering';
  return state === 'green' && cheer.idle ? 'idle' : state;
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
