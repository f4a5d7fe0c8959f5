const tickMs = 10;
/** Refusals that go out in one tick at least: 2,000 a second cost a twentieth of a core. */
const leastPerTick = 20;
/** Nobody waits longer for a refusal than so many ticks and a few. */
const longestTicks = 50;

/**
 * Spreads refusals over time. Each costs something, so a flood of them would use up what is left for the requests that
 * are taken; a caller that waits for its refusal sends nothing meanwhile. What is refused rarely is refused at once.
 */
export class RefusalPacer {
  readonly #waiting: (() => void)[] = [];
  #left = leastPerTick;
  #timer: NodeJS.Timeout | undefined;

  /** Answers now, or half a second later at the most. */
  run(answer: () => void): void {
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref();
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left--;
      answer();
    } else this.#waiting.push(answer);
  }

  /** Answers everybody who waits. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const answer of this.#waiting.splice(0)) answer();
  }

  #tick(): void {
    if (this.#waiting.length === 0 && this.#left === leastPerTick) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#left = Math.max(leastPerTick, Math.ceil(this.#waiting.length / longestTicks));
    const answers = this.#waiting.splice(0, this.#left);
    this.#left -= answers.length;
    for (const answer of answers) answer();
  }
}
