import { getJson, post } from './api.js';
import { byId, h, setText } from './dom.js';
import { bytes, coarse, count, exact, moment, secondsSince } from './format.js';

const path = '/api/v1/quarantine';
const shownAtMost = 50;

/** What the button says that opened the dialog. */
let opener;

/** The list may have been redrawn meanwhile, and the button that the keyboard would go back to is another one. */
byId('dialog').addEventListener('close', ({ target: dialog }) => {
  const at = document.activeElement;
  // When it was opened again at once, this still tells of the close before.
  if (dialog.open || !(at === document.body || dialog.contains(at))) return;
  document.querySelector(`#quarantine button[aria-label="${opener}"]`)?.focus();
});

function openDialog(title, ...content) {
  const dialog = byId('dialog');
  const close = h(
    'button',
    { class: 'button quiet', type: 'button', onclick: () => dialog.close() },
    'Close',
  );
  const actions = h('div', { class: 'actions' }, close);
  opener = document.activeElement?.getAttribute('aria-label');
  dialog.replaceChildren(h('h2', { id: 'dialog-title', dir: 'auto' }, title), ...content, actions);
  dialog.showModal();
  return { dialog, actions, close };
}

/** A JSON text with indentation; what is not JSON stays as it is. */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function showOne(number) {
  const { dialog } = openDialog(`Quarantined event ${number}`, h('p', {}, 'Loading…'));
  const body = dialog.querySelector('p');
  try {
    const item = await getJson(`${path}/${number}`);
    const facts = [
      'event_id',
      'reason',
      'step',
      'detail',
      'attempts',
      'first_quarantined_at',
      'source',
      'type',
      'key',
      'tenant',
      'timestamp',
      'accepted_at',
      'quarantined_at',
      'trace_id',
    ];
    const list = h(
      'dl',
      { class: 'sheet' },
      ...facts.flatMap((name) => [h('dt', {}, name), h('dd', { dir: 'auto' }, String(item[name] ?? '–'))]),
    );
    body.replaceWith(
      list,
      h('h3', { class: 'label' }, `Payload, ${bytes(item.payload_bytes)}`),
      h('pre', { tabindex: 0, dir: 'auto' }, readable(item.payload)),
    );
  } catch (error) {
    setText(body, error.message);
  }
}

function confirmDiscard(item, discard) {
  const { dialog, actions, close } = openDialog(
    `Discard event ${item.number}?`,
    h('p', { class: 'wrap', dir: 'auto' }, item.event_id),
    h(
      'p',
      {},
      'It is forgotten for good and not published, unless its producer sends it again. This can not be undone.',
    ),
  );
  setText(close, 'Keep it');
  const confirm = h(
    'button',
    {
      class: 'button danger',
      type: 'button',
      onclick: () => {
        dialog.close();
        discard();
      },
    },
    'Discard for good',
  );
  actions.append(confirm);
  close.focus();
}

/** The table of quarantined events. `say` tells a screen reader what came of an action. */
export function createQuarantine(say) {
  const container = byId('quarantine');
  const hint = byId('quarantine-hint');
  let operator = false;
  let items = [];
  let total = 0;
  let ages = [];
  let loadedFor;
  let loading = false;
  /** Asked for while it was being loaded: what comes may be older than that. */
  let again = false;

  const act = (item, action) => async () => {
    container.setAttribute('aria-busy', 'true');
    try {
      const { result } = await post(`${path}/${item.number}/${action}`);
      say(`Event ${item.number} is ${result}.`);
    } catch (error) {
      say(error.message);
      setText(hint, error.message);
    }
    container.removeAttribute('aria-busy');
    await load();
  };

  const button = (label, item, onclick, extra = {}) =>
    h(
      'button',
      {
        class: 'button small',
        type: 'button',
        'aria-label': `${label} event ${item.number}`,
        onclick,
        ...extra,
      },
      label,
    );

  function row(item, now) {
    const locked = operator ? {} : { disabled: true, title: 'Needs the role operator' };
    const discard = act(item, 'discard');
    const at = item.quarantined_at;
    const age = h('time', { datetime: at, title: moment(at, now) });
    ages.push({ node: age, at });
    const cell = (label, ...content) => h('td', { 'data-label': label }, ...content);
    return h(
      'tr',
      {},
      h('th', { scope: 'row', class: 'id', dir: 'auto', title: item.event_id }, item.event_id),
      cell(
        'What failed',
        h('span', { class: 'what', dir: 'auto' }, item.detail),
        h(
          'span',
          { class: 'detail', dir: 'auto' },
          h('span', { class: 'chip' }, item.reason.replace('_', ' ')),
          ' at ',
          h('bdi', {}, item.step),
          item.attempts === 1 ? ', 1 attempt' : `, ${exact(item.attempts)} attempts`,
          item.trace_id ? ', trace ' : '',
          item.trace_id ? h('code', { class: 'trace' }, item.trace_id) : '',
        ),
      ),
      cell('Since', age),
      cell(
        'Actions',
        h(
          'span',
          { class: 'row-actions' },
          button('Show', item, () => showOne(item.number)),
          button('Replay', item, act(item, 'replay'), locked),
          button('Discard', item, () => confirmDiscard(item, discard), locked),
        ),
      ),
    );
  }

  function tick(now) {
    for (const { node, at } of ages) setText(node, coarse(secondsSince(at, now)));
  }

  const buttons = () => [...container.querySelectorAll('button')];

  function draw(now) {
    ages = [];
    setText(byId('quarantine-count'), total > 0 ? count(total) : '');
    const place = buttons().indexOf(document.activeElement);
    const focused = document.activeElement?.getAttribute('aria-label');
    if (items.length === 0) {
      setText(hint, '');
      const empty = 'Nothing in quarantine: every event found its way.';
      container.replaceChildren(h('p', { class: 'empty', tabindex: -1 }, empty));
      if (place >= 0) container.firstChild.focus();
      return;
    }
    const shown = total > items.length ? `the newest ${items.length} of ${exact(total)}` : '';
    setText(
      hint,
      [shown, operator ? '' : 'replay and discard need the role operator'].filter(Boolean).join(' · '),
    );
    const head = ['Event', 'What failed', 'Waits for', ''].map((name) =>
      h('th', { scope: 'col' }, name || h('span', { class: 'unseen' }, 'Actions')),
    );
    const table = h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...head)),
      h('tbody', {}, ...items.map((item) => row(item, now))),
    );
    tick(now);
    container.replaceChildren(table);
    if (place < 0) return;
    // A redraw must not throw a keyboard user out of the table: the same event, else the same action on the next one.
    const drawn = buttons();
    const perRow = drawn.length / items.length;
    const last = drawn.length - perRow + (place % perRow);
    (
      drawn.find((each) => each.getAttribute('aria-label') === focused) ?? drawn[Math.min(place, last)]
    )?.focus();
  }

  let clockNow = Date.now();
  async function load() {
    again = loading;
    if (loading) return;
    loading = true;
    try {
      const page = await getJson(`${path}?limit=${shownAtMost}`);
      ({ items, total } = page);
      // What came between the list and the count is in one of them only: then it is loaded once more.
      loadedFor = items.length === Math.min(total, shownAtMost) ? total : undefined;
      draw(clockNow);
    } catch (error) {
      setText(hint, `The list could not be loaded: ${error.message}`);
    }
    loading = false;
    if (again) await load();
  }

  return {
    setRoles(roles) {
      operator = roles.includes('operator');
      loadedFor = undefined;
    },
    reload: load,
    update(summary, now) {
      clockNow = now;
      const none = typeof summary.quarantined !== 'number';
      container.closest('section').hidden = none;
      if (none) return;
      tick(now);
      if (summary.quarantined !== loadedFor) void load();
    },
  };
}
