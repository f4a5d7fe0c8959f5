import type { Logger } from '../logger';

/** Frees something; what it resolves with is ignored. */
export type Release = () => unknown;

/** What was opened, to be closed in reverse order. */
export class Releases {
  private readonly open: { readonly name: string; readonly release: Release }[] = [];

  constructor(private readonly logger: Logger) {}

  get isEmpty(): boolean {
    return this.open.length === 0;
  }

  add(name: string, release: Release): void {
    this.open.push({ name, release });
  }

  /**
   * Calls each, the latest first, and waits for it until `left()` milliseconds are over. What fails or takes too long is
   * logged and keeps nothing from the others. Never rejects; a second call finds nothing to do.
   */
  async run(left: () => number): Promise<void> {
    for (let next = this.open.pop(); next; next = this.open.pop()) {
      const { name, release } = next;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), Math.max(0, left()));
      });
      const work = Promise.resolve()
        .then(release)
        .catch((error: unknown) => this.logger.error({ err: error, release: name }, 'could not be closed'));
      if ((await Promise.race([work, late])) === 'late') {
        this.logger.warn({ release: name }, 'was not closed in time and is left');
      }
      clearTimeout(timer);
    }
  }
}
