import { byId, h, keyedList, listOf, setText } from './dom.js';

function createFlag({ flag }) {
  const value = h('span', { class: 'row-figure', dir: 'auto' });
  const detail = h('p', { class: 'detail', dir: 'auto' });
  const node = h('li', { class: 'row' }, h('span', { class: 'row-name', dir: 'auto' }, flag), value, detail);
  return {
    node,
    update({ variant, value: set, reason, description }) {
      const shown = typeof set === 'boolean' ? (set ? 'on' : 'off') : String(set);
      const how = [variant, reason && String(reason).toLowerCase().replace('_', ' ')];
      setText(value, shown);
      node.dataset.off = set === false;
      setText(
        detail,
        [...new Set([description, ...how])].filter((text) => text && text !== shown).join(' · '),
      );
    },
  };
}

/** Feature flags and what they are set to; a service without flags has no such section. */
export function createFlags() {
  const list = byId('flags');
  const flags = keyedList(list, ({ flag }) => flag, createFlag);
  return (summary) => {
    const told = listOf(summary.flags);
    list.closest('section').hidden = told.length === 0;
    flags(told);
  };
}
