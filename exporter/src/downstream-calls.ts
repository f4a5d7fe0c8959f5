import type { CallResult, ResilienceEvent } from '@selfcheer/cheer-kit';
import { messageOf } from './errors';
import type { DownstreamCalls, RelayReport } from './publish/relay-protocol';

interface Gathered {
  readonly calls: Partial<Record<CallResult, number>>;
  retries: number;
  last: CallResult;
  detail: string | undefined;
}

const gatherMs = 200;

/** Tells the main thread of the calls that enrichment makes: changes of a breaker at once, calls a few times a second. */
export class DownstreamCallReports {
  private readonly gathered = new Map<string, Gathered>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly report: (report: RelayReport) => void) {}

  note(event: ResilienceEvent): void {
    switch (event.type) {
      case 'call': {
        // Nothing was tried.
        if (event.attempt === 0) return;
        const one = this.of(event.downstream);
        one.calls[event.result] = (one.calls[event.result] ?? 0) + 1;
        one.last = event.result;
        one.detail = event.error && messageOf(event.error);
        break;
      }
      case 'retry':
        this.of(event.downstream).retries += 1;
        break;
      case 'breaker':
        this.report({ kind: 'breaker', downstream: event.downstream, state: event.state });
        break;
      case 'fallback':
        break;
    }
  }

  private of(downstream: string): Gathered {
    this.timer ??= setTimeout(() => this.flush(), gatherMs);
    let one = this.gathered.get(downstream);
    if (!one) {
      one = { calls: {}, retries: 0, last: 'success', detail: undefined };
      this.gathered.set(downstream, one);
    }
    return one;
  }

  /** Tells what has gathered. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [downstream, { detail, ...rest }] of this.gathered) {
      const calls: DownstreamCalls = { downstream, ...rest, ...(detail !== undefined && { detail }) };
      this.report({ kind: 'called', ...calls });
    }
    this.gathered.clear();
  }
}
