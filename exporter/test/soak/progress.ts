export interface ProgressState {
  /** Seconds of the load that are over, and all of them. */
  readonly elapsed: number;
  readonly total: number;
  /** What goes on: a fault, or what the run does. */
  readonly doing: string;
  readonly state: string;
  /** Acknowledged so far. */
  readonly acked: number;
}

const everyMs = { terminal: 1_000, plain: 30_000 };

/** Where the run is: one line that changes on a terminal, else a line every 30 s and for what happens. */
export class Progress {
  readonly #terminal = process.stderr.isTTY;
  readonly #timer: NodeJS.Timeout;
  #last = { at: performance.now(), acked: 0 };

  constructor(private readonly read: () => ProgressState) {
    this.#timer = setInterval(() => this.#show(), this.#terminal ? everyMs.terminal : everyMs.plain);
  }

  /** Something happened. */
  note(text: string): void {
    const { elapsed } = this.read();
    process.stderr.write(`${this.#terminal ? '\r\x1b[K' : ''}${clock(elapsed)}  ${text}\n`);
    if (this.#terminal) this.#show();
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#terminal) process.stderr.write('\r\x1b[K');
  }

  #show(): void {
    const state = this.read();
    const now = performance.now();
    const rate = ((state.acked - this.#last.acked) * 1000) / Math.max(1, now - this.#last.at);
    if (now - this.#last.at > 900) this.#last = { at: now, acked: state.acked };
    const line = progressLine(state, rate);
    if (this.#terminal) process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    else process.stderr.write(`${clock(state.elapsed)}  ${line}\n`);
  }
}

/** `rate`: events a second. */
export function progressLine({ elapsed, total, doing, state, acked }: ProgressState, rate: number): string {
  const percent = Math.min(100, Math.floor((elapsed / total) * 100));
  const left = clock(Math.max(0, total - elapsed));
  return `${percent} %  ${left} left  ${doing}  ${state}  ${Math.round(rate)}/s  ${acked} acked`;
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
}
