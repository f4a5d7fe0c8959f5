// Stands in for your database: every whole number is an item. Replace it.
const names = ['lamp', 'chair', 'table'];

/** The item of that id; undefined when there is none. */
export async function findItem(id) {
  return /^\d{1,15}$/.test(id) ? { id: Number(id), name: names[Number(id) % names.length] } : undefined;
}

/** Throws when items can't be had, as `await pool.query('select 1')` would; the signal ends after two seconds. */
export async function ping(signal) {
  signal.throwIfAborted();
  if (names.length === 0) throw new Error('there are no items');
}
