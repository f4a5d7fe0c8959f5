import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock';
import type { Logger } from '../logger';
import { flagTextProblem, readFlagText, schemaProblem } from './flag-text';

export interface FlagFileOptions {
  readonly file: string;
  /** Milliseconds between two looks. */
  readonly pollMs: number;
  /** Takes a text as a whole. Throws when it can't be used; then the one before stays. */
  readonly adopt: (text: string) => void;
  /** Evaluates all flags anew and says what is wrong with their values, if anything is. */
  readonly evaluate: () => Promise<string | undefined>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly clock: Clock;
}

/** Rules with flagd's clock in them give other values while the file stays as it is. */
const timed = '$flagd.timestamp';
const hangingMs = 10_000;

/**
 * Follows a file of flags: looks at its text once a second, since watchers miss what mounted volumes do (a ConfigMap is
 * a symlink that moves, a bind mount has no events). What can't be used changes nothing and is told when it is still
 * there at the next look: the first one may have seen half of a write.
 */
export class FlagFile {
  private text: string | undefined;
  /** What is wrong with values of the text that was adopted. */
  private partly: string | undefined;
  private suspected: string | undefined;
  private told: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private look: Promise<void> | undefined;
  private evaluation: Promise<string | undefined> | undefined;
  private closed = false;
  /** Monotonic milliseconds at which the look that goes on began. */
  private lookedAt = 0;

  constructor(private readonly options: FlagFileOptions) {}

  /** The first look. @throws Error when the file can't be read; what it holds may be wrong. */
  async begin(): Promise<void> {
    const late = sleep(hangingMs, undefined, { ref: false }).then(() => {
      throw new Error(`reading it has not come back for ${hangingMs / 1000} s`);
    });
    const trouble = await this.take(await Promise.race([readFlagText(this.options.file), late]));
    if (trouble !== undefined) this.tell(trouble);
    this.timer = setInterval(() => this.tick(), this.options.pollMs).unref();
  }

  /** What keeps the file from being used, in a sentence; undefined when nothing does. */
  problem(): string | undefined {
    const seconds = (this.options.clock.monotonic() - this.lookedAt) / 1000;
    if (this.look && seconds * 1000 > hangingMs)
      return `reading it has not come back for ${Math.round(seconds)} s`;
    return this.told;
  }

  /** A read that goes on may hang, and counts no more; an evaluation that does only takes turns of the event loop. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.closed = true;
    await this.evaluation;
  }

  private tick(): void {
    if (this.look) return;
    this.lookedAt = this.options.clock.monotonic();
    this.look = this.read()
      .then((trouble) => this.hear(trouble))
      .finally(() => {
        this.look = undefined;
      });
  }

  private async read(): Promise<string | undefined> {
    try {
      return await this.take(await readFlagText(this.options.file));
    } catch (error) {
      return `it can't be read: ${(error as Error).message}`;
    }
  }

  private async take(text: string): Promise<string | undefined> {
    if (this.closed) return this.told;
    if (text !== this.text) {
      const wrong = flagTextProblem(text);
      if (wrong !== undefined) return wrong;
      try {
        this.options.adopt(text);
      } catch (error) {
        return schemaProblem(error as Error);
      }
    } else if (!text.includes(timed)) {
      return this.partly;
    }
    this.text = text;
    this.evaluation = this.options.evaluate();
    this.partly = await this.evaluation;
    return this.partly;
  }

  private hear(trouble: string | undefined): void {
    if (trouble === this.told) {
      this.suspected = undefined;
    } else if (trouble === undefined) {
      this.told = this.suspected = undefined;
      this.options.logger.info({ file: this.options.file }, 'the flags file can be used again');
    } else if (trouble === this.suspected) {
      this.tell(trouble);
    } else {
      this.suspected = trouble;
    }
  }

  private tell(trouble: string): void {
    this.told = trouble;
    this.suspected = undefined;
    this.options.logger.error(
      { file: this.options.file, problem: trouble },
      'the flags file can not be used as it is: what it got wrong keeps its last good value',
    );
  }
}
