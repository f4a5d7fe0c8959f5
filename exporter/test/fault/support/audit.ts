import { bodyHash, LedgerDriver } from '../../../../e2e/helpers/ledger-driver';
import { type Consumer, payloadOf } from '../../../../e2e/helpers/published';

export type AuditedDriver = Pick<LedgerDriver, 'event' | 'issued' | 'ledger' | 'numberOf' | 'payload'>;

export interface AuditOptions {
  /** Each with a prefix of its own. */
  readonly drivers: readonly AuditedDriver[];
  readonly consumer: Pick<Consumer, 'messages'>;
  /** Ids of others than the drivers, which may be in the sink. */
  readonly alsoSent: ReadonlySet<string>;
  /** Acknowledged ids that need not be in the sink. */
  readonly elsewhere: ReadonlySet<string>;
  /** Ids of others that have to be in the sink. */
  readonly mustBeThere: readonly string[];
}

/** Ids, the first ten of each kind. */
export interface Wrong {
  /** Acknowledged, and nowhere. */
  readonly missing: readonly string[];
  /** The ledger has another body's hash than what was sent. */
  readonly wrongHash: readonly string[];
  /** In the sink, but nobody sent it, or not under this key. */
  readonly notIssued: readonly string[];
  /** Another payload than was sent, or another revision than the first. */
  readonly altered: readonly string[];
  /** First seen after a later event of its key. */
  readonly disordered: readonly string[];
}

export const nothingWrong: Wrong = {
  missing: [],
  wrongHash: [],
  notIssued: [],
  altered: [],
  disordered: [],
};

export interface Audit extends Wrong {
  readonly acked: number;
  readonly found: number;
  readonly duplicates: number;
}

/** What a driver issued, by number: compact, as a long row has millions. */
class Share {
  readonly #seen = new Map<number, Uint8Array>();
  readonly #lastOf = new Map<string, number>();
  found = 0;
  duplicates = 0;
  readonly notIssued: string[] = [];
  readonly disordered: string[] = [];
  readonly altered: string[] = [];

  constructor(readonly driver: AuditedDriver) {}

  add(n: number, key: string, payload: string, revision: string | undefined): void {
    const { id, key: wanted } = this.driver.event(n);
    if (!this.driver.issued(n) || key !== wanted) this.notIssued.push(id);
    if (payload !== this.driver.payload(n) || revision !== '1') this.altered.push(id);
    if (this.has(n)) {
      this.duplicates += 1;
      return;
    }
    this.#mark(n);
    this.found += 1;
    // A key's numbers grow in the order in which they were sent.
    if (n <= (this.#lastOf.get(key) ?? -1)) this.disordered.push(id);
    this.#lastOf.set(key, n);
  }

  has(n: number): boolean {
    return this.#seen.get(n >>> 16)?.[n & 0xffff] === 1;
  }

  #mark(n: number): void {
    const page = this.#seen.get(n >>> 16) ?? new Uint8Array(0x10000);
    this.#seen.set(n >>> 16, page);
    page[n & 0xffff] = 1;
  }
}

/** Reads the sink from its beginning and holds it against what was issued and what the ledgers were promised. */
export async function audit(options: AuditOptions): Promise<Audit> {
  const shares = options.drivers.map((driver) => new Share(driver));
  const strangers: string[] = [];
  const awaited = new Set(options.mustBeThere);
  for await (const message of options.consumer.messages()) {
    const id = message.headers['ce_id'] ?? '';
    const share = shares.find(({ driver }) => driver.numberOf(id) !== undefined);
    const n = share?.driver.numberOf(id);
    if (share && n !== undefined) {
      share.add(n, message.key, payloadOf(message), message.headers['ce_revision']);
    } else if (!options.alsoSent.has(id)) strangers.push(id);
    awaited.delete(id);
  }
  const missing = [...awaited];
  const wrongHash: string[] = [];
  let acked = 0;
  for (const share of shares) {
    const { driver } = share;
    for (const [id, hash] of LedgerDriver.promises(driver.ledger)) {
      acked += 1;
      const n = driver.numberOf(id) ?? -1;
      if (!share.has(n) && !options.elsewhere.has(id)) missing.push(id);
      if (bodyHash(driver.payload(n)) !== hash) wrongHash.push(id);
    }
  }
  const sumOf = (pick: (share: Share) => number) => shares.reduce((sum, share) => sum + pick(share), 0);
  return {
    acked,
    found: sumOf(({ found }) => found),
    duplicates: sumOf(({ duplicates }) => duplicates),
    missing: some(missing),
    wrongHash: some(wrongHash),
    notIssued: some([...strangers, ...shares.flatMap(({ notIssued }) => notIssued)]),
    altered: some(shares.flatMap(({ altered }) => altered)),
    disordered: some(shares.flatMap(({ disordered }) => disordered)),
  };
}

/** Enough to see what is wrong. */
function some(ids: readonly string[]): readonly string[] {
  return ids.length <= 10 ? ids : [...ids.slice(0, 10), `… ${ids.length} in all`];
}
