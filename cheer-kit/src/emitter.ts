/** Calls listeners in the order in which they came. What one of them throws reaches neither the others nor the caller. */
export class Emitter<Event> {
  private readonly listeners = new Set<(event: Event) => void>();

  /** Returns the unsubscribe. */
  subscribe(listener: (event: Event) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  emit(event: Event): void {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(`a listener threw: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
  }
}
