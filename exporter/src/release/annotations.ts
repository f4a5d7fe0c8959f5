import { messageOf } from '../errors';
import { bearer, httpCall } from './http';
import type { FlagChange } from './flag-change';
import { maySayOtherwise, tell, type Told } from './tell';
import type { VerifyDocument } from './verify-document';

/** A point in time, or a region, on every dashboard that shows the tag `selfcheer`. */
export interface Annotation {
  /** Epoch milliseconds. */
  readonly time: number;
  /** Epoch milliseconds; with it, it is a region. */
  readonly timeEnd?: number;
  readonly tags: readonly string[];
  readonly text: string;
}

export interface AnnotationsOptions {
  /** Where Grafana is, with its sub-path when it has one. */
  readonly url: string;
  /** Of a service account that may write annotations. */
  readonly token?: string | undefined;
  /** Is told of each annotation that was not written: one sentence. */
  readonly onTrouble: (why: string) => void;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
  /** Before the second and last try. */
  readonly retryAfterMs?: number;
}

/** More than these wait only while Grafana is away, and then the newest are of no more use than the oldest. */
const mostWaiting = 100;
const timeoutMs = 5_000;
const longestText = 4_000;

/**
 * Writes annotations to Grafana (`POST /api/annotations` of its HTTP API), one after the other. Bounded in every way:
 * at most 100 wait, each call has five seconds and a second try, and nothing here rejects.
 */
export class GrafanaAnnotations {
  private readonly address: string;
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly options: AnnotationsOptions) {
    this.address = `${options.url.replace(/\/+$/, '')}/api/annotations`;
  }

  /** Resolves with whether it was written; need not be waited for. Never rejects. */
  add(annotation: Annotation): Promise<boolean> {
    if (this.waiting >= mostWaiting) {
      this.options.onTrouble(`Grafana is too slow: ${mostWaiting} annotations wait, this one is dropped.`);
      return Promise.resolve(false);
    }
    this.waiting += 1;
    const written = this.tail.then(() => this.write(annotation)).finally(() => (this.waiting -= 1));
    this.tail = written;
    return written;
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    await this.tail;
  }

  private async write(annotation: Annotation): Promise<boolean> {
    const signal = this.options.signal ?? new AbortController().signal;
    const body = { ...annotation, text: annotation.text.slice(0, longestText) };
    const waitMs = this.options.retryAfterMs ?? 1_000;
    const why = await tell(() => this.post(body, signal), { tries: 2, waitMs, signal });
    if (why !== undefined) this.options.onTrouble(`The annotation was not written to Grafana: ${why}`);
    return why === undefined;
  }

  private async post(body: object, signal: AbortSignal): Promise<Told> {
    try {
      const { status } = await httpCall(this.address, {
        ...{ method: 'POST', json: body, headers: bearer(this.options.token) },
        ...{ signal, timeoutMs },
      });
      if (status >= 200 && status < 300) return {};
      const hint = status === 401 || status === 403 ? ' Is GRAFANA_TOKEN of one who may write them?' : '';
      return {
        why: `${this.address} answered ${status}.${hint}`,
        again: maySayOtherwise(status),
      };
    } catch (error) {
      return { why: `${this.address}: ${messageOf(error)}`, again: true };
    }
  }
}

/** A region from the first to the last event of an attempt. */
export function releaseAnnotation(document: VerifyDocument): Annotation {
  const { service, release, previous, verdict, run, gates } = document;
  const troubled = gates.filter((gate) => gate.verdict !== 'pass');
  const lines = [
    `Release ${release} of ${service}: ${verdict}${previous === null ? '' : `, after ${previous}`} (run ${run})`,
    ...troubled.map(({ name, verdict: how, detail }) => `${name}: ${how}. ${detail}`),
  ];
  return {
    time: Date.parse(document.started_at),
    timeEnd: Date.parse(document.ended_at),
    tags: ['selfcheer', 'release', service, verdict],
    text: lines.map(asHtml).join('<br>'),
  };
}

/** The point at which a flag became another. */
export function flagAnnotation({ at, service, title, detail }: FlagChange): Annotation {
  return { time: at, tags: ['selfcheer', 'flag', service], text: asHtml(`${service}: ${title}. ${detail}`) };
}

/** Grafana reads the text of an annotation as HTML. */
function asHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (sign) => entities[sign] as string);
}
