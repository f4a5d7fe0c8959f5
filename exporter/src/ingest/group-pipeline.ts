import {
  isProblem,
  type CheerBrief,
  type Delivery,
  type Intake,
  type IntakeDraft,
  type ItemResult,
  type Submission,
} from './intake';
import type { ItemProblem, Refusal } from './problem';
import { RequestOrder } from './request-order';

const groupEvents = 500;
const groupBytes = 512 * 1024;
const groupsInFlight = 4;
/** How often a held group looks whether the outbox has written: with `ack: broker` what is in flight tells much later. */
const lookMs = 50;
/** Rejected items that an answer lists. Two bytes can be a rejected item, and its entry is a hundred times as long. */
const maxListed = 1_000;

/** An event that failed its check, where it stands among its neighbours. */
interface Rejected {
  readonly id: string | null;
  readonly error: ItemProblem;
}

interface Group {
  readonly items: (IntakeDraft | Rejected)[];
  readonly drafts: IntakeDraft[];
  /** Where each item stands in the request: its line, or its index. */
  readonly positions: number[];
  readonly receivedAt: number;
  readonly startedAt: number;
  bytes: number;
}

/** One entry of `results` in an answer. */
interface ResultEntry {
  readonly event_id: string | null;
  readonly status: ItemResult['status'];
  readonly revision?: number;
  readonly error?: object;
}

export interface PipelineOptions {
  readonly intake: Intake;
  readonly delivery: Omit<Delivery, 'receivedAt' | 'startedAt'>;
  /** How a rejected item says where it stands. */
  readonly position: 'line' | 'index';
  /** Only rejected items are answered one by one (`Prefer: return=minimal`). */
  readonly minimal: boolean;
}

/** Counts and per-item answers of a whole request. */
export interface Totals {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** How many of the rejected ones `results` does not list. */
  readonly unlisted: number;
  /** Comma-separated JSON objects in request order, without the brackets around them. */
  readonly results: readonly Buffer<ArrayBuffer>[];
  readonly firstProblem: ItemProblem | undefined;
  readonly refusal: Refusal | undefined;
  readonly cheer: CheerBrief;
}

/**
 * Takes the events of one request in order and hands them to the outbox in groups, a few at a time, while the next
 * ones are read. Nothing waits for a full group: when none is in flight, what is there goes (as in Nagle's algorithm).
 * Nothing is taken after a group that was refused.
 *
 * Owns the memory reservation of the bytes it was given, and keeps as many as the answer has until `close`.
 */
export class GroupPipeline {
  readonly #options: PipelineOptions;
  readonly #order: RequestOrder;
  readonly #results: (Buffer<ArrayBuffer> | undefined)[] = [];
  readonly #counts = { accepted: 0, duplicate: 0, updated: 0, rejected: 0 };
  #firstProblem: ItemProblem | undefined;
  #group: Group | undefined;
  #inFlight = 0;
  /** A full group waits until there is room for it in the next batch, or until nothing is in flight. */
  #held = false;
  #look: NodeJS.Timeout | undefined;
  #waited = 0;
  #kept = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#order = new RequestOrder(options.intake);
  }

  /** Why nothing more is taken; whoever reads may stop. */
  get refusal(): Refusal | undefined {
    return this.#order.refusal;
  }

  /** Adds one event; `bytes` are the reserved ones that it takes over. */
  add(checked: IntakeDraft | ItemProblem, id: string | null, position: number, bytes: number): void {
    const group = (this.#group ??= this.#open());
    if (isProblem(checked)) {
      this.#firstProblem ??= checked;
      group.items.push({ id, error: checked });
    } else {
      group.items.push(checked);
      group.drafts.push(checked);
    }
    group.positions.push(position);
    group.bytes += bytes;
    if (group.items.length < groupEvents && group.bytes < groupBytes) return;
    if (this.#inFlight > 0 && this.#options.intake.crowded) this.#hold();
    else this.#send();
  }

  /** Counts time that reading was held up towards the latency of the events that come next. */
  waited(ms: number): void {
    this.#waited += ms;
  }

  /** Gives back reserved bytes that belong to no event: blank lines, and what was skipped. */
  discard(bytes: number): void {
    this.#options.intake.memory.release(bytes);
  }

  /** True when the reader should wait for `ready` before it adds more. */
  get busy(): boolean {
    return this.#inFlight >= groupsInFlight || this.#held;
  }

  /** Resolves when another group may go. */
  async ready(): Promise<void> {
    while (this.busy) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Sends what is there if nothing is in flight; call it when the input has no more for now. */
  nudge(): void {
    if (this.#inFlight === 0) this.#send();
  }

  /** Sends what is there, group full or not: its memory comes free the sooner. */
  flush(): void {
    this.#send();
  }

  /** Sends the rest and waits until every event has its answer. */
  async finish(): Promise<Totals> {
    this.#send();
    while (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const { accepted, updated, duplicate, rejected } = this.#counts;
    return {
      accepted: accepted + updated,
      duplicates: duplicate,
      rejected,
      unlisted: Math.max(0, rejected - maxListed),
      results: this.#results.filter(
        (piece) => piece !== undefined && piece.length > 0,
      ) as Buffer<ArrayBuffer>[],
      firstProblem: this.#firstProblem,
      refusal: this.refusal,
      cheer: this.#options.intake.cheer(),
    };
  }

  /** Gives back all memory: now what no one waits for, the rest as groups in flight settle. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#look);
    const { memory } = this.#options.intake;
    memory.release(this.#kept + (this.#group?.bytes ?? 0));
    this.#group = undefined;
  }

  #open(): Group {
    const { intake } = this.#options;
    const startedAt = intake.clock() - this.#waited;
    this.#waited = 0;
    return {
      items: [],
      drafts: [],
      positions: [],
      receivedAt: intake.now(),
      startedAt,
      bytes: 0,
    };
  }

  #hold(): void {
    this.#held = true;
    clearTimeout(this.#look);
    this.#look = setTimeout(() => {
      if (this.#options.intake.crowded) return this.#hold();
      this.#send();
      this.#wake?.();
    }, lookMs);
  }

  #send(): void {
    const group = this.#group;
    if (!group) return;
    this.#group = undefined;
    this.#held = false;
    clearTimeout(this.#look);
    const { intake, delivery } = this.#options;
    const place = this.#results.push(undefined) - 1;
    intake.rejected(group.items.length - group.drafts.length, delivery);
    if (group.drafts.length === 0) {
      this.#settled(group, place, { kind: 'settled', results: [] });
      return;
    }
    this.#inFlight++;
    const at = { ...delivery, receivedAt: group.receivedAt, startedAt: group.startedAt };
    void this.#order.submit(group.drafts, at).then((submission) => {
      this.#inFlight--;
      this.#settled(group, place, submission);
      if (!this.#closed && (this.#inFlight === 0 || (this.#held && !intake.crowded))) this.#send();
      this.#wake?.();
    });
  }

  #settled(group: Group, place: number, submission: Submission): void {
    const piece = this.#encode(group, submission.kind === 'settled' ? submission.results : undefined);
    const { memory } = this.#options.intake;
    if (this.#closed) {
      memory.release(group.bytes);
      return;
    }
    this.#results[place] = piece;
    this.#kept += piece.length;
    if (piece.length > group.bytes) memory.charge(piece.length - group.bytes);
    else memory.release(group.bytes - piece.length);
  }

  /** JSON of a group's answers as bytes outside the heap: a request may have 100,000 of them. */
  #encode(group: Group, results: readonly ItemResult[] | undefined): Buffer<ArrayBuffer> {
    const { position, minimal } = this.#options;
    const entries: ResultEntry[] = [];
    let draft = 0;
    for (let i = 0; i < group.items.length; i++) {
      const item = group.items[i] as IntakeDraft | Rejected;
      const at = group.positions[i];
      if ('error' in item) {
        if (++this.#counts.rejected > maxListed) continue;
        entries.push({ event_id: item.id, status: 'rejected', error: { ...item.error, [position]: at } });
        continue;
      }
      const result = results?.[draft++];
      if (!result) continue;
      this.#counts[result.status]++;
      const { id, status, revision, error } = result;
      if (error) {
        this.#firstProblem ??= error;
        if (this.#counts.rejected > maxListed) continue;
        entries.push({ event_id: id, status, revision, error: { ...error, [position]: at } });
      } else if (!minimal) entries.push({ event_id: id, status, revision });
    }
    return Buffer.from(JSON.stringify(entries).slice(1, -1));
  }
}
