/** What a salvage found and made. Ranges are sequence numbers of the damaged store, both ends included. */
export interface SalvageReport {
  /** True when nothing is lost, damaged or in doubt. */
  readonly complete: boolean;
  /** Of the damaged store. */
  readonly oldStoreId: string | undefined;
  /** Of the new one; undefined after a dry run. */
  readonly storeId: string | undefined;
  readonly lanes: readonly {
    readonly lane: number;
    readonly saved: number;
    /** Acknowledged, not settled, and not there any more or damaged. */
    readonly lost: number;
    readonly lostRanges: readonly (readonly [number, number])[];
  }[];
  readonly saved: number;
  readonly bytes: number;
  readonly lost: number;
  readonly quarantine: { readonly saved: number; readonly lost: number };
  /** Remembered ids that are kept, and those that are not, so that their events can be sent again. */
  readonly ids: { readonly kept: number; readonly forgotten: number };
  /** Rows that are there but not whole; see damaged.ndjson. Those of events count as lost, too. */
  readonly damaged: number;
  /** Sentences: why it can't be said for certain that nothing else is lost. */
  readonly doubts: readonly string[];
  /** Where the damaged store lies now, where the report and damaged.ndjson are; absent after a dry run. */
  readonly aside?: string;
  readonly findings?: string;
}
