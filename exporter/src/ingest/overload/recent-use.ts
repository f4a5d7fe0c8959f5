/** What was taken halves in weight in this time, in milliseconds. */
const halfLifeMs = 2_000;
/** Less than a byte is forgotten. */
const least = 1;

/** Bytes that each tenant had taken lately, weighted by how lately. Tenants are few: they come from the configuration. */
export class RecentUse {
  readonly #bytes = new Map<string, number>();
  readonly #clock: () => number;
  #decayedAt: number;

  /** `clock`: monotonic milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#decayedAt = clock();
  }

  add(tenant: string, bytes: number): void {
    this.#bytes.set(tenant, (this.#bytes.get(tenant) ?? 0) + bytes);
  }

  /**
   * For each tenant the share, 0 to 1, that those who use more than it have of everything: 0 for the one that uses most.
   * Who is not listed uses nothing.
   */
  shareAbove(): ReadonlyMap<string, number> {
    this.#decay();
    let total = 0;
    for (const bytes of this.#bytes.values()) total += bytes;
    const shares = new Map<string, number>();
    let above = 0;
    for (const [tenant, bytes] of [...this.#bytes].sort((a, b) => b[1] - a[1])) {
      shares.set(tenant, above / total);
      above += bytes;
    }
    return shares;
  }

  #decay(): void {
    const now = this.#clock();
    const left = 0.5 ** ((now - this.#decayedAt) / halfLifeMs);
    this.#decayedAt = now;
    for (const [tenant, bytes] of this.#bytes) {
      if (bytes * left < least) this.#bytes.delete(tenant);
      else this.#bytes.set(tenant, bytes * left);
    }
  }
}
