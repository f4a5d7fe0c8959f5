/** Like `for await`, but a signal ends it even while the source has nothing to give. */
export async function forEachUntil<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
  use: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const next = await nextUntil(iterator, signal);
      if (next === undefined || next.done === true) return;
      await use(next.value);
    }
  } finally {
    // Not awaited: a source that is waiting for input would not end before it gets some.
    void iterator.return?.(undefined)?.catch(() => undefined);
  }
}

/**
 * The next item, or `undefined` when the signal comes first. Not a `Promise.race` with one promise for the signal: that
 * promise would hold on to every item of the whole run.
 */
function nextUntil<T>(
  iterator: AsyncIterator<T>,
  signal: AbortSignal,
): Promise<IteratorResult<T> | undefined> {
  return new Promise((resolve, reject) => {
    const off = onAbort(signal, () => resolve(undefined));
    iterator.next().then(resolve, reject).finally(off);
  });
}

/** Calls back once when the signal fires, or now if it has; the result takes the listener off. */
export function onAbort(signal: AbortSignal, callback: () => unknown): () => void {
  const listener = (): void => void callback();
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
