import { getJson } from './api.js';
import { byId, h, keyedList, listOf, setText } from './dom.js';
import { bound, coarse, moment, seconds, secondsSince } from './format.js';
import { icon } from './icons.js';

/** As many as a service keeps. */
const shownAtMost = 100;

const verdicts = {
  pass: { word: 'passed', shape: 'green' },
  fail: { word: 'failed', shape: 'red' },
  inconclusive: { word: 'inconclusive', shape: 'stale' },
};
const verdictOf = (verdict) => verdicts[verdict] ?? { word: String(verdict), shape: 'stale' };

const gateNames = {
  readiness: 'Ready',
  accepted: 'Accepted',
  published: 'Published',
  cheer: 'Cheer',
  budget: 'Error budget',
  latency: 'Latency',
};

function gateRow({ name, verdict, detail }) {
  const { word, shape } = verdictOf(verdict);
  return h(
    'li',
    { class: 'gate', 'data-verdict': verdict },
    icon(shape),
    h(
      'span',
      { class: 'gate-text' },
      h('strong', { dir: 'auto' }, gateNames[name] ?? name),
      ' ',
      h('span', { class: 'verdict-word' }, word),
      h('span', { class: 'detail', dir: 'auto' }, bound(detail)),
    ),
  );
}

const fact = (name, value) =>
  value === null || value === undefined || value === ''
    ? []
    : [h('dt', {}, name), h('dd', { dir: 'auto' }, String(value))];

function facts(release) {
  const { run, target, baseline, started_at, ended_at, recorded_by } = release;
  const flags = listOf(release.flags).map(({ flag, variant, value }) => `${flag} = ${variant} (${value})`);
  return h(
    'dl',
    { class: 'sheet detail' },
    ...fact('run', run),
    ...fact('took', seconds((Date.parse(ended_at) - Date.parse(started_at)) / 1000)),
    ...fact('target', target),
    ...fact('beside it', baseline),
    ...fact('flags', flags.join(', ')),
    ...fact('recorded by', recorded_by),
  );
}

/** The sentence that says most: what went wrong first. */
function shortly(gates) {
  const wrong =
    gates.find(({ verdict }) => verdict === 'fail') ?? gates.find(({ verdict }) => verdict !== 'pass');
  if (!wrong) return `all ${gates.length} gates`;
  return bound(`${gateNames[wrong.name] ?? wrong.name}: ${wrong.detail}`);
}

function createRow({ release }) {
  const { word, shape } = verdictOf(release.verdict);
  const at = release.ended_at;
  const when = h('time', { datetime: at });
  const age = h('span', { class: 'event-age' });
  const gates = listOf(release.gates);
  const over = release.previous ? [' over ', h('bdi', {}, release.previous)] : [];
  const node = h(
    'li',
    { class: 'release', 'data-verdict': release.verdict },
    h(
      'details',
      {},
      h(
        'summary',
        { class: 'release-head' },
        icon(shape),
        h(
          'span',
          { class: 'release-text' },
          h('strong', { dir: 'auto' }, release.release),
          ' ',
          h('span', { class: 'verdict-word' }, word),
          h('span', { class: 'detail', dir: 'auto' }, h('bdi', {}, release.service), ...over),
          h('span', { class: 'detail release-short', dir: 'auto' }, shortly(gates)),
        ),
        h('span', { class: 'event-when' }, when, age),
      ),
      h('ul', { class: 'gates', 'aria-label': 'Gates' }, ...gates.map(gateRow)),
      facts(release),
    ),
  );
  return {
    node,
    update({ now }) {
      setText(when, moment(at, now));
      setText(age, `${coarse(secondsSince(at, now))} ago`);
    },
  };
}

/**
 * The releases that were recorded, newest first, each with its gates. `latest` is the number of the last one: 0 without
 * any, and no number at all in a service that keeps none, which has no such section.
 */
export function createReleases() {
  const list = byId('releases');
  const hint = byId('releases-hint');
  const rows = keyedList(
    list,
    ({ release }) => release.number,
    createRow,
    'No release recorded yet: selfcheer verify --record does that.',
  );
  let releases = [];
  let loadedFor;
  let loading = false;
  let clockNow = Date.now();

  const draw = () => rows(releases.map((release) => ({ release, now: clockNow })));

  async function load(latest) {
    if (loading) return;
    loading = true;
    try {
      const page = await getJson(`/api/v1/releases?limit=${shownAtMost}`);
      releases = listOf(page.releases);
      loadedFor = latest;
      setText(hint, '');
      draw();
    } catch (error) {
      // It is tried again with the next that is told.
      setText(hint, `The list could not be loaded: ${error.message}`);
    }
    loading = false;
  }

  return {
    /** What was loaded may have been of another service, or with another key. */
    forget() {
      loadedFor = undefined;
    },
    update(latest, now) {
      clockNow = now;
      const none = typeof latest !== 'number';
      list.closest('section').hidden = none;
      if (none) return;
      draw();
      if (latest !== loadedFor) void load(latest);
    },
  };
}
