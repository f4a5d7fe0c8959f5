import { base, follow, getJson, HttpError, useKey } from './api.js';
import { createBudgets } from './budgets.js';
import { byId, guarded, h, setText } from './dom.js';
import { createEvents } from './events.js';
import { showFavicon } from './favicon.js';
import { createFlags } from './flags.js';
import { clock, secondsSince, span } from './format.js';
import { createHero, stateSpoken } from './hero.js';
import { createPipeline } from './pipeline.js';
import { createQuarantine } from './quarantine.js';
import { createQueues } from './queues.js';
import { createReleases } from './releases.js';
import { createSwitcher } from './switcher.js';
import { createVitals } from './vitals.js';
import { hasPipeline, isDraining } from './words.js';

/** Nothing new for this long, with a summary due every second, means that what is shown is old. */
const silenceMs = 5000;
const retryMs = [500, 1000, 2000, 5000];

const root = document.documentElement;
const say = (text) => setText(byId('announce'), text);
const hero = createHero();
const events = createEvents();
const quarantine = createQuarantine(say);
const releases = createReleases();
const drawHero = guarded(document.querySelector('.hero'), hero.update);
const drawEvents = guarded(byId('events').closest('section'), events.draw);
const drawQuarantine = guarded(byId('quarantine').closest('section'), quarantine.update);
const drawReleases = guarded(byId('releases').closest('section'), releases.update);
const panels = [
  ['stages', createPipeline()],
  ['slos', createBudgets()],
  ['queues', createQueues()],
  ['vitals', createVitals()],
  ['flags', createFlags()],
].map(([id, draw]) => guarded(byId(id).closest('section'), draw));
/** On a sidecar's page: the services beside this one, and what the sidecar knows of this one. */
const switcher = base === '' ? undefined : createSwitcher();

let summary;
/** When a summary came last, by this machine's clock. */
let lastSeen;
let lastEventId;
let failures = 0;
let askedForKey = false;
/** What stands between this page and the service, in words. */
let trouble = '';

if (switcher) setText(byId('service'), switcher.name);

const nameShown = () => summary?.service ?? switcher?.name ?? 'the service';
const showBanner = (text) => {
  byId('banner').hidden = text === '';
  setText(byId('banner'), text);
};

/** What is new about that, in sentences. */
function goLive() {
  const before = root.dataset.link;
  const draining = isDraining(summary.cheer);
  const leaving = hasPipeline(summary)
    ? 'it finishes what it has accepted, and then it ends. Send new events elsewhere.'
    : 'it finishes what runs, and then it ends. New requests belong elsewhere.';
  root.dataset.link = 'live';
  showBanner(draining ? `This service is shutting down: ${leaving}` : '');
  const leaves = draining && root.dataset.draining !== 'true';
  root.dataset.draining = draining;
  setText(byId('link-text'), draining ? 'Draining' : 'Live');
  return [before === 'stale' && 'Connected again.', leaves && 'The service is shutting down.'];
}

/** Nothing on the page is vouched for any more: it says so, for how long, and no state. */
function goStale() {
  const before = root.dataset.link;
  const known = summary
    ? { state: summary.cheer.state, score: summary.cheer.score, at: lastSeen }
    : switcher?.lastKnown();
  const at = known?.at;
  const since = at === undefined ? '' : ` since ${clock(at)}, ${span((Date.now() - at) / 1000)} ago`;
  const draining = summary !== undefined && isDraining(summary.cheer);
  const cause = draining ? 'Connection lost while the service was shutting down' : trouble;
  root.dataset.link = 'stale';
  root.dataset.state = summary ? 'stale' : 'unseen';
  setText(byId('link-text'), 'Stale');
  showBanner(`${cause}${summary ? `: everything here is stale${since}. Reconnecting…` : '. Trying again…'}`);
  const age = at === undefined ? '' : ` for ${span((Date.now() - at) / 1000)}`;
  hero.stale(known, {
    word: known ? 'Stale' : 'No answer',
    sentence: known ? `Nothing new from ${nameShown()}${age}.` : `Nobody knows how ${nameShown()} is.`,
    todo: 'Find out whether the service still runs, and whether its admin port can be reached from here.',
  });
  document.title = `stale · ${nameShown()}`;
  showFavicon('stale');
  if (before !== 'stale') say(`${cause}. The page is stale.`);
}

function facts({ version, track, sink, topic, started_at }, now) {
  return [
    ['version', version],
    ['track', track],
    ['sink', sink === 'log' ? 'embedded log' : sink],
    ['topic', topic],
    ['up', span(secondsSince(started_at, now))],
  ].filter(([, value]) => value !== null && value !== undefined);
}

function drawFacts(now) {
  const list = byId('facts');
  const entries = facts(summary, now);
  const text = JSON.stringify(entries);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(
    ...entries.map(([name, value]) =>
      h(
        'li',
        {},
        h('span', { class: 'fact-name' }, name),
        ' ',
        h('span', { class: 'fact', dir: 'auto', title: value }, value),
      ),
    ),
  );
}

function onSummary(next) {
  const { state, score } = next.cheer;
  const changed = summary?.cheer.state !== state || root.dataset.link === 'stale';
  summary = next;
  lastSeen = Date.now();
  failures = 0;
  // Ages are told by the service's clock: this machine's may be wrong.
  const now = Date.parse(next.timestamp);
  root.dataset.state = state;
  setText(byId('service'), next.service);
  document.title = `${isDraining(next.cheer) ? 'draining · ' : ''}${state}${typeof score === 'number' ? ` ${Math.round(score)}` : ''} · ${next.service}`;
  showFavicon(state);
  drawFacts(now);
  drawHero(next, now);
  for (const draw of panels) draw(next, now);
  events.clearIfNewer(next.latest_sequence);
  drawEvents(now);
  drawQuarantine(next, now);
  drawReleases(next.latest_release, now);
  setText(byId('foot'), `Updated ${clock(now)}`);
  // All at once: of two sentences in a row only the last one is heard.
  const news = [...goLive(), changed && stateSpoken(next)].filter(Boolean);
  if (news.length > 0) say(news.join(' '));
}

function onEvent(name, data) {
  if (name === 'summary') onSummary(data);
  else if (name === 'cheer') hero.beat();
  else {
    events.add([data]);
    if (name === 'quarantine') void quarantine.reload();
  }
}

async function connect() {
  const [{ caller, ...first }, recent] = await Promise.all([
    getJson('/api/v1/summary'),
    getJson('/api/v1/events'),
  ]);
  byId('key-form').hidden = true;
  quarantine.setRoles(caller.roles);
  releases.forget();
  events.add(recent.events);
  lastEventId = String(recent.latest_sequence);
  onSummary(first);
  await follow('/api/v1/stream', {
    lastEventId,
    silenceMs,
    onEvent,
    onId: (id) => {
      lastEventId = id;
    },
  });
}

function askForKey(error) {
  if (askedForKey) setText(byId('key-note'), error.message);
  askedForKey = true;
  byId('key-form').hidden = false;
  root.dataset.link = 'locked';
  setText(byId('link-text'), 'Key needed');
  byId('key').focus();
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  root.dataset.link = 'connecting';
  useKey(byId('key').value.trim());
  byId('key').value = '';
  void run();
});

async function run() {
  for (;;) {
    let why = 'Connection lost';
    let refused = false;
    try {
      await connect();
    } catch (error) {
      refused = error instanceof HttpError;
      if (refused && (error.status === 401 || error.status === 403)) {
        askForKey(error);
        return;
      }
      if (refused) why = error.message.replace(/\.$/, '');
      else if (error instanceof SyntaxError) why = 'The service tells what this page can’t read';
    }
    trouble = why;
    // A stream that is refused leaves what a request has just told.
    const fresh = refused && Date.now() - lastSeen < silenceMs;
    if (!fresh) goStale();
    const wait = retryMs[Math.min(failures, retryMs.length - 1)];
    failures += 1;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

setInterval(() => {
  if (root.dataset.link === 'live' && Date.now() - lastSeen > silenceMs)
    trouble = 'The service tells nothing new';
  else if (root.dataset.link !== 'stale') return;
  goStale();
}, 1000);
for (const link of byId('raw').querySelectorAll('a')) link.href = base + link.getAttribute('href');
void run();
