import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { memberOf, textOf } from '../config/member';
import { messageOf } from '../errors';
import type { GoodBad, PrometheusSide, PrometheusView } from './evidence';
import { httpCall } from './http';
import type { ServiceFacts } from './service';

const callMs = 10_000;
const betweenMs = 1_000;

interface Sample {
  readonly labels: unknown;
  readonly value: number;
}

export interface PrometheusQuestion {
  readonly target: ServiceFacts;
  readonly baseline: ServiceFacts | undefined;
  /** How far back, in seconds. */
  readonly rangeSeconds: number;
  /** A release that is new has to be scraped twice before there is an increase. */
  readonly withinMs: number;
}

/** Instant queries of the HTTP API of Prometheus, for all processes of a version by what `cheer_build_info` says. */
export class Prometheus {
  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Asks until the release is known, for so long at the most. Rejects only for an interruption. */
  async view(question: PrometheusQuestion): Promise<PrometheusView> {
    const { target, baseline, rangeSeconds, withinMs } = question;
    const until = performance.now() + withinMs;
    for (;;) {
      const view = await this.viewOnce(target, baseline, rangeSeconds);
      if ('target' in view || performance.now() + betweenMs > until) return view;
      await delay(betweenMs, undefined, { signal: this.signal });
    }
  }

  private async viewOnce(
    target: ServiceFacts,
    baseline: ServiceFacts | undefined,
    rangeSeconds: number,
  ): Promise<PrometheusView> {
    try {
      const own = await this.side(target, rangeSeconds);
      if (!own) {
        const { service, version, track } = target;
        return {
          why: `it has no SLO events of service ${service}, version ${version}, track ${track}: is the release scraped?`,
        };
      }
      // Two that tell the same of themselves can't be told apart.
      const apart =
        baseline && (baseline.version !== target.version || baseline.track !== target.track)
          ? baseline
          : undefined;
      return { target: own, baseline: apart && (await this.side(apart, rangeSeconds)) };
    } catch (error) {
      this.signal.throwIfAborted();
      return { why: messageOf(error) };
    }
  }

  private async side(facts: ServiceFacts, rangeSeconds: number): Promise<PrometheusSide | undefined> {
    const { service = '', version = '', track = '' } = facts;
    const quoted = JSON.stringify;
    const builds =
      `* on (instance, job) group_left () max by (instance, job) ` +
      `(cheer_build_info{service=${quoted(service)},version=${quoted(version)},track=${quoted(track)}})`;
    // The lesser of the increase and of the counter, which began at 0 with the process: at its address, which is the
    // instance, there may have been another version before, and what that one did is not to be blamed on this one.
    const increase = (metric: string): string => {
      const counter = `${metric}{service=${quoted(service)}}`;
      return `(increase(${counter}[${Math.ceil(rangeSeconds)}s]) <= ${counter} or ${counter}) ${builds}`;
    };
    const events = await this.query(`sum by (slo, result) (${increase('cheer_slo_events_total')})`);
    const slos = slosOf(events);
    if (slos.size === 0) return undefined;
    const cheers = await this.query(
      `sum(${increase('cheer_cheers_total')}) / (sum(${increase('cheer_batches_total')}) > 0)`,
    );
    return { slos, cheerRatio: cheers[0]?.value ?? null };
  }

  private async query(query: string): Promise<Sample[]> {
    const address = `${this.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`;
    const { status, body } = await httpCall(address, { signal: this.signal, timeoutMs: callMs });
    const result = memberOf(memberOf(body, 'data'), 'result');
    if (status !== 200 || !Array.isArray(result)) {
      const other = status === 200 ? 'that is not the HTTP API of Prometheus' : undefined;
      const error = textOf(body, 'error')?.slice(0, 300) ?? other;
      throw new Error(`${this.url} answers ${status}${error === undefined ? '' : `: ${error}`}`);
    }
    return result.flatMap((item: unknown) => {
      const value = Number(memberOf(memberOf(item, 'value'), 1));
      return Number.isFinite(value) ? [{ labels: memberOf(item, 'metric'), value }] : [];
    });
  }
}

/** Those that have both counts. An increase is extrapolated: events are whole. */
function slosOf(samples: readonly Sample[]): ReadonlyMap<string, GoodBad> {
  const slos = new Map<string, Partial<GoodBad>>();
  for (const { labels, value } of samples) {
    const [slo, result] = [textOf(labels, 'slo'), textOf(labels, 'result')];
    if (slo === undefined || (result !== 'good' && result !== 'bad')) continue;
    slos.set(slo, { ...slos.get(slo), [result]: Math.round(value) });
  }
  return new Map(
    [...slos].flatMap(([slo, { good, bad }]) =>
      good === undefined || bad === undefined ? [] : [[slo, { good, bad }] as const],
    ),
  );
}
