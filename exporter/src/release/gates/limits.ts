/** What the gates hold a release to; docs/release-gate.md says why. */
export const limits = {
  /** Nothing passes on fewer events than these. */
  leastEvents: 20,
  /** Nothing is judged by fewer batches than these. */
  leastBatches: 10,
  /** The same of real ones, which come as they please, several late ones at a time. */
  leastRealBatches: 20,
  /** Part of the events that must be acknowledged. */
  acceptedRatio: 0.99,
  /** So many events that were not acknowledged end a round: more of them prove nothing more. */
  manyRefused: 10,
  /** So much less than the baseline may be a matter of chance, in everything that is compared. */
  margin: 0.05,
  /** Below this part of cheers the baseline is no yardstick, and without one the release needs as much. */
  baselineCheerRatio: 0.5,
  cheerRatioAlone: 0.9,
  /** Of the whole budget in 2 % of its time: the fast burn of the SRE Workbook (ch. 5), at which alerts page. */
  burnRate: 14.4,
  /** How many times the baseline's median a slow release has. */
  slowFactor: 2,
} as const;
