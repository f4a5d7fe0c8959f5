import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { SelfcheerError } from '../errors';
import type { Evidence, PrometheusView, Round, Side, SideRound } from './evidence';
import { judge, wantsSecondRound } from './judge';
import { Prometheus } from './prometheus';
import { awaitSettled, sendInTurn } from './sending';
import { Service, type ServiceFacts } from './service';
import { verdictOf, type VerifyDocument } from './verify-document';

export interface SideAddresses {
  /** Admin address, without a slash at the end. */
  readonly admin: string;
  /** Address of its HTTP ingest, without a slash at the end. */
  readonly ingest: string;
}

export interface VerifyOptions {
  readonly release: string;
  /** Default: the version of the baseline. */
  readonly previous?: string | undefined;
  readonly target: SideAddresses;
  readonly baseline?: SideAddresses | undefined;
  readonly prometheus?: string | undefined;
  /** To each side in a round. */
  readonly events: number;
  readonly apiKey: string | undefined;
  /** Of the whole, save for what is under way by then. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Smaller in tests. */
  readonly pace?: Partial<typeof defaultPace>;
}

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

const warmUps = 16;
const defaultPace = {
  /** From one pair of events to the next: some 10 s for a round of 100. */
  paceMs: 100,
  /** How long a release may take to become ready. */
  readyMs: 30_000,
  /** At the end, where a machine may only be slow to answer. */
  stillReadyMs: 15_000,
  /** An event that is not settled while others are not either for so long is lost. */
  idleMs: 20_000,
  /** Until Prometheus has seen a new release twice. */
  scrapedMs: 40_000,
};

/**
 * Judges a release by synthetic events to it and, in turn, to what runs already. Takes a second round when the first
 * leaves a doubt.
 *
 * @throws SelfcheerError `interrupted` when the signal fires
 */
export async function runVerify(options: VerifyOptions): Promise<VerifyDocument> {
  try {
    return await new Run(options).verify();
  } catch (error) {
    if (!options.signal.aborted) throw error;
    throw new SelfcheerError('interrupted', 'Interrupted: nothing is judged and nothing recorded.', {
      cause: error,
    });
  }
}

class Run {
  private readonly begun = performance.now();
  private readonly started = new Date();
  private readonly run = runIdAt(this.started);
  private readonly pace: typeof defaultPace;
  private readonly target: Service;
  private readonly baseline: Service | undefined;
  private readonly rounds: Round[] = [];
  private readonly facts: { target: ServiceFacts; baseline: ServiceFacts } = { target: {}, baseline: {} };

  constructor(private readonly options: VerifyOptions) {
    const { target, baseline, apiKey, signal } = options;
    this.pace = { ...defaultPace, ...options.pace };
    this.target = new Service({ ...target, apiKey, signal });
    this.baseline = baseline && new Service({ ...baseline, apiKey, signal });
  }

  async verify(): Promise<VerifyDocument> {
    const evidence = await this.gather();
    const gates = judge(evidence);
    const { options, facts } = this;
    return {
      schema: 'selfcheer/verify/v1',
      run: this.run,
      service: facts.target.service ?? facts.baseline.service ?? 'unknown',
      release: options.release,
      previous: options.previous ?? facts.baseline.version ?? null,
      verdict: verdictOf(gates),
      started_at: this.started.toISOString(),
      // By the monotonic clock, so that it is never before the start.
      ended_at: new Date(this.started.getTime() + performance.now() - this.begun).toISOString(),
      target: options.target.admin,
      baseline: options.baseline?.admin ?? null,
      gates,
      flags: evidence.target.first.kind === 'ready' ? await this.target.flags() : [],
    };
  }

  private async gather(): Promise<Evidence> {
    this.tell('waiting until it is ready', 0, 1);
    const readyMs = Math.min(this.pace.readyMs, this.options.timeoutMs / 3);
    const [first, firstBeside] = await Promise.all([
      this.target.probe(readyMs),
      this.baseline?.probe(readyMs),
    ]);
    const beside = firstBeside?.kind === 'ready' ? this.baseline : undefined;
    if (first.kind === 'ready') this.facts.target = await this.target.facts();
    if (beside) this.facts.baseline = await beside.facts();
    let [target, baseline] = [
      sideOf(first, this.facts.target),
      firstBeside && sideOf(firstBeside, this.facts.baseline),
    ];
    const evidence = (): Evidence => ({
      release: this.options.release,
      startedAt: this.facts.target.toldAt ?? this.started.getTime() / 1000,
      ...{ target, baseline, rounds: this.rounds },
    });
    if (first.kind !== 'ready') return evidence();
    await this.warmUp(beside);
    for (let number = 1; number <= 2; number += 1) {
      const { round, deliveries } = await this.round(number, beside);
      this.rounds.push(round);
      const last = await this.target.probe(this.pace.stillReadyMs);
      target = { ...target, last, deliveries: deliveries.target };
      baseline = baseline && { ...baseline, deliveries: deliveries.baseline };
      if (this.left() < this.options.timeoutMs / 3 || !wantsSecondRound(evidence())) break;
    }
    return evidence();
  }

  /** Under a name of their own: whatever comes of them is nobody's fault. */
  private async warmUp(beside: Service | undefined): Promise<void> {
    await this.send(`${this.run}.warm-up`, 1, warmUps, beside, this.options.timeoutMs / 6, 'warming up');
  }

  private async round(number: number, beside: Service | undefined) {
    const { options, pace, run, rounds } = this;
    const earlier = rounds.flatMap(({ target, baseline }) => [target.attempts, baseline?.attempts ?? []]);
    const from = 1 + earlier.reduce((sum, { length }) => sum + length, 0);
    const [before, besideBefore] = await Promise.all([this.target.counters(), beside?.counters()]);
    const what = number === 1 ? 'sending' : 'sending, second round';
    const sent = await this.send(run, from, options.events, beside, options.timeoutMs * 0.35, what);
    this.tell('waiting until all is published', options.events, options.events);
    const wait = {
      idleMs: pace.idleMs,
      withinMs: Math.max(pace.idleMs, this.left()),
      signal: options.signal,
    };
    const all = (side: 'target' | 'baseline', now: SideRound['attempts']) => [
      ...rounds.flatMap((round) => round[side]?.attempts ?? []),
      ...now,
    ];
    const [deliveries, besideDeliveries] = await Promise.all([
      awaitSettled(this.target, run, all('target', sent.target), wait),
      beside && awaitSettled(beside, run, all('baseline', sent.baseline), wait),
    ]);
    const [after, besideAfter] = await Promise.all([this.target.counters(), beside?.counters()]);
    const round: Round = {
      target: { attempts: sent.target, before, after },
      baseline: options.baseline && {
        ...{ attempts: sent.baseline, before: besideBefore, after: besideAfter },
      },
      prometheus: await this.askPrometheus(beside),
    };
    return { round, deliveries: { target: deliveries, baseline: besideDeliveries } };
  }

  private send(
    run: string,
    from: number,
    events: number,
    beside: Service | undefined,
    withinMs: number,
    what: string,
  ) {
    this.tell(what, 0, events);
    return sendInTurn({
      ...{ run, from, events, withinMs, target: this.target, baseline: beside },
      ...{ paceMs: this.pace.paceMs, signal: this.options.signal },
      onPair: (done) => this.tell(what, done, events),
    });
  }

  private async askPrometheus(beside: Service | undefined): Promise<PrometheusView | undefined> {
    const { prometheus, signal, timeoutMs, events } = this.options;
    if (prometheus === undefined) return undefined;
    this.tell('asking Prometheus', events, events);
    return new Prometheus(prometheus, signal).view({
      target: this.facts.target,
      baseline: beside && this.facts.baseline,
      // The last scrape before the run counts as its beginning.
      rangeSeconds: (performance.now() - this.begun) / 1000 + 60,
      withinMs: Math.min(this.pace.scrapedMs, timeoutMs / 3),
    });
  }

  private left(): number {
    return this.options.timeoutMs - (performance.now() - this.begun);
  }

  private tell(what: string, done: number, total: number): void {
    this.options.onProgress?.({ what, done, total });
  }
}

function sideOf(first: Side['first'], { version }: ServiceFacts): Side {
  return { first, last: first, version, deliveries: undefined };
}

/** verify-20261122T013020-1f0c9a2b: tells people when, and nobody else has it. */
function runIdAt(time: Date): string {
  const stamp = time.toISOString().replace(/[-:]|\..*/g, '');
  return `verify-${stamp}-${randomBytes(4).toString('hex')}`;
}
