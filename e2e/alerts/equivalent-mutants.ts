/** Mutants that can't be told from the rule by any series, and why. */
const reasons: readonly (readonly [mutant: RegExp, reason: string])[] = [
  [/^CheerAccountingBroken: 5 #1 -> 5.25$/, 'counts are whole numbers'],
  [/^CheerNoTraffic: sum #1 -> max$/, 'no traffic at all is none of any kind'],
  [/^CheerLost: sum #2 -> max$/, 'a cheer of any kind is a cheer'],
  [/^Cheer(CpuSaturated|MemoryHigh|EventLoopBlocked): max #1 -> min$/, 'a process has one of them'],
  [/^CheerStorageFillingUp: < #1 -> <=$/, 'what shrinks is at its limit for a moment only'],
  [/^CheerStorageFillingUp: < #2 -> <=$/, 'a fitted line never comes to nothing at all'],
  [/^service:cheer_latency_seconds:.*: >= #1 -> >$/, 'no request takes no time at all'],
  [/^service_condition:.* latency: >= #1 -> >$/, 'no request takes no time at all'],
  [/^service:cheer_error_rate:ratio_rate5m: no guard/, 'what it is divided by has one'],
  [/^service_track:.*: max #\d -> min$/, 'what says that a build is there is always 1'],
  [
    /^service_condition:.* error_budget: > #\d -> >=$/,
    'of no events none is below the floor, as a number or without',
  ],
  [/^service_condition:.* error_budget: >= bool #3 -> > bool$/, 'nothing is counted by halves'],
  [/^service_condition:.* error_budget: 0.5 #5 -> /, 'any fraction does'],
  [
    /^service_condition:.* ((error_budget|latency): max #\d+|saturation: max #3) -> min$/,
    'a process has one limit of each',
  ],
  [
    /^service_track:.*ratio_rate10m: .*slo!~".*latency".* -> nothing$/,
    'the other side of the division leaves them out',
  ],
  [/^service_slo:.* (availability|jobs): .* #3 -> /, 'what is multiplied by 0 only has to be there'],
  [/^service_instance_slo:.*: < #1 -> <=$/, 'of two that are equal either is the smaller'],
  [/^CheerWatchdog: 1 #1 -> /, 'any value fires'],
];

/** Why no test can kill it; undefined when one must. */
export function equivalent(mutant: string): string | undefined {
  return reasons.find(([pattern]) => pattern.test(mutant))?.[1];
}
