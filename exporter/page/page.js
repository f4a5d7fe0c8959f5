import { follow, getJson, HttpError, useKey } from './api.js';
import { byId, h, setAttribute, setText } from './dom.js';
import { createEvents } from './events.js';
import { clock, secondsSince, span } from './format.js';
import { createHero, stateSpoken } from './hero.js';
import { createPipeline } from './pipeline.js';
import { createQuarantine } from './quarantine.js';
import { isDraining } from './words.js';

/** Nothing for this long, with a summary due every second, means that what is shown is old. */
const silenceMs = 5000;
const drainingBanner =
  'This service is shutting down: it finishes what it has accepted, and then it ends. Send new events elsewhere.';
const retryMs = [500, 1000, 2000, 5000];

const root = document.documentElement;
const say = (text) => setText(byId('announce'), text);
const hero = createHero();
const drawPipeline = createPipeline();
const events = createEvents();
const quarantine = createQuarantine(say);

let summary;
let lastSeen = 0;
let lastEventId;
let failures = 0;
let askedForKey = false;

const iconLink = document.querySelector('link[rel=icon]');
let staleIcon = iconLink.href;
// Kept at hand: when it is needed, the service no longer answers.
void fetch(staleIcon)
  .then((response) => response.text())
  .then((svg) => {
    staleIcon = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  })
  .catch(() => {});

/** live or stale: what the whole page says about its own freshness, and that the service is about to end. */
function setLink(link) {
  const before = root.dataset.link;
  const draining = isDraining(summary.cheer);
  root.dataset.link = link;
  byId('banner').hidden = link === 'live' && !draining;
  if (link === 'live') {
    if (draining && root.dataset.draining !== 'true') say('The service is shutting down.');
    root.dataset.draining = draining;
    setText(byId('link-text'), draining ? 'Draining' : 'Live');
    if (draining) setText(byId('banner'), drainingBanner);
  }
  if (link === 'stale') {
    const since = `since ${clock(lastSeen)}`;
    setText(byId('link-text'), 'Stale');
    setText(
      byId('banner'),
      `Connection lost${draining ? ' while the service was shutting down' : ''}: everything here is stale ${since}, ${span((Date.now() - lastSeen) / 1000)} ago. Reconnecting…`,
    );
    setText(byId('eyebrow'), `Last known, ${since}`);
    document.title = `stale · ${summary.service}`;
    setAttribute(iconLink, 'href', staleIcon);
    if (before !== 'stale') say(`Connection lost. The page is stale ${since}.`);
  } else if (before === 'stale') {
    say('Connected again.');
  }
}

function facts({ version, track, sink, topic, started_at }, now) {
  return [
    ['version', version],
    ['track', track],
    ['sink', sink === 'log' ? 'embedded log' : sink],
    ['topic', topic],
    ['up', span(secondsSince(started_at, now))],
  ];
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
  const changed = summary?.cheer.state !== next.cheer.state;
  summary = next;
  lastSeen = Date.now();
  failures = 0;
  // Ages are told by the service's clock: this machine's may be wrong.
  const now = Date.parse(next.timestamp);
  const { state, score } = next.cheer;
  root.dataset.state = state;
  setText(byId('service'), next.service);
  setText(byId('eyebrow'), next.cheer.idle ? 'Health cheer · idle' : 'Health cheer');
  document.title = `${isDraining(next.cheer) ? 'draining · ' : ''}${state}${score === null ? '' : ` ${Math.round(score)}`} · ${next.service}`;
  setAttribute(iconLink, 'href', `/assets/icon-${state}.svg`);
  drawFacts(now);
  hero.update(next, now);
  drawPipeline(next, now);
  events.clearIfNewer(next.latest_sequence);
  events.draw(now);
  quarantine.update(next, now);
  setText(byId('foot'), `Updated ${clock(now)}`);
  if (changed) say(stateSpoken(next));
  setLink('live');
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
    try {
      await connect();
    } catch (error) {
      if (error instanceof HttpError && (error.status === 401 || error.status === 403)) {
        askForKey(error);
        return;
      }
    }
    if (summary) setLink('stale');
    else setText(byId('link-text'), 'No answer, trying again…');
    const wait = retryMs[Math.min(failures, retryMs.length - 1)];
    failures += 1;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

setInterval(() => {
  if (root.dataset.link === 'stale') setLink('stale');
}, 1000);
void run();
