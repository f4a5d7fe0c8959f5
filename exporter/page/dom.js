// Builds nodes from text and attributes only: data never passes through an HTML parser.

const svgSpace = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'onclick') node.addEventListener('click', value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export const byId = (id) => document.getElementById(id);
export const h = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(svgSpace, tag), attributes, children);

/** Writes only what changed: a live page must not disturb a selection or a screen reader. */
export function setText(node, text) {
  const wanted = String(text ?? '');
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** A custom property through the CSSOM: the content security policy forbids style attributes. */
export const setVar = (node, name, value) => node.style.setProperty(name, value);

/** What should be a list: a service of another version may leave it out. */
export const listOf = (value) => (Array.isArray(value) ? value : []);

/** Draws one section; data that it can't read is said there, and the other sections go on. */
export const guarded =
  (section, draw) =>
  (...data) => {
    try {
      draw(...data);
      section.removeAttribute('data-broken');
    } catch {
      section.dataset.broken = 'true';
    }
  };

/**
 * A list whose nodes live as long as their items. `create` returns `{node, update(item)}`; `empty` is the text
 * that stands there when there are no items.
 */
export function keyedList(container, keyOf, create, empty) {
  const rows = new Map();
  const emptyNode = empty === undefined ? null : h('li', { class: 'empty' }, empty);
  return (items) => {
    const wanted = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (wanted.has(key)) continue;
      row.node.remove();
      rows.delete(key);
    }
    let previous = null;
    for (const item of items) {
      let row = rows.get(keyOf(item));
      if (!row) {
        row = create(item);
        rows.set(keyOf(item), row);
      }
      row.update(item);
      const place = previous ? previous.nextSibling : container.firstChild;
      if (place !== row.node) container.insertBefore(row.node, place);
      previous = row.node;
    }
    if (emptyNode) {
      if (items.length === 0) container.append(emptyNode);
      else emptyNode.remove();
    }
  };
}
