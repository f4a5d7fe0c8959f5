import { type Scene, volumeMebibytes } from './scene';

/** Something that goes wrong, and what is to come of it. */
export interface Fault {
  readonly name: string;
  readonly begin: (scene: Scene) => Promise<void> | void;
  /** Absent: the next fault of its strand goes on from here, and ends it. */
  readonly end?: (scene: Scene) => Promise<void> | void;
  /** What must arrive, as `keyOf` says it. */
  readonly expected: readonly string[];
  /** What fires as well and must be kept back. */
  readonly inhibited: readonly string[];
}

const mebibyte = 2 ** 20;
const leave = (volume: Scene['volume'], share: number): void =>
  volume.fill(share * volumeMebibytes * mebibyte);
/** Of each direction: an event waits for the batch before it, and then for its own. */
const delayMs = 1_250;

const targetGone: Fault = {
  name: 'target gone',
  begin: ({ traffic, exporter }) => traffic.without(() => exporter.kill9()),
  end: ({ exporter }) => exporter.restart(),
  expected: ['CheerServiceAbsent orders'],
  inhibited: ['CheerTargetDown orders'],
};

const brokerDown: Fault = {
  name: 'broker down',
  begin: ({ broker }) => broker.kill(),
  end: ({ broker }) => broker.restart(),
  expected: ['CheerBreakerOpenTooLong orders kafka', 'CheerErrorBudgetBurn orders delivery fast'],
  inhibited: ['CheerBacklogAgeHigh orders outbox'],
};

const latency: Fault = {
  name: 'latency: the broker answers late',
  begin: ({ proxy }) => proxy.delay(delayMs),
  end: ({ proxy }) => proxy.delay(0),
  expected: ['CheerErrorBudgetBurn orders delivery fast', 'CheerLost orders'],
  inhibited: ['CheerMeterRed orders'],
};

const errorBurst: Fault = {
  name: 'error burst: every second request fails',
  begin: ({ shop }) => shop.losePrices(),
  end: ({ shop }) => shop.findPrices(),
  expected: ['CheerErrorBudgetBurn shop http-availability fast'],
  inhibited: ['CheerErrorRateHigh shop', 'CheerMeterRed shop'],
};

const quarantineGrowth: Fault = {
  name: 'quarantine growth: an event every two seconds',
  begin: ({ traffic }) => void (traffic.poisoned = true),
  end: ({ traffic }) => void (traffic.poisoned = false),
  expected: ['CheerQuarantineGrowing orders'],
  inhibited: [],
};

const diskFilling: Fault = {
  name: 'disk filling: 12 % left',
  begin: ({ volume }) => leave(volume, 0.12),
  expected: ['CheerStorageFillingUp orders data'],
  inhibited: [],
};

const diskFull: Fault = {
  name: 'disk full: 3 % left',
  begin: ({ volume }) => leave(volume, 0.03),
  end: ({ volume }) => volume.giveBack(),
  expected: ['CheerStorageAlmostFull orders data', 'CheerErrorBudgetBurn orders ingest-availability fast'],
  inhibited: ['CheerErrorRateHigh orders', 'CheerStorageFillingUp orders data'],
};

/**
 * One stage after the other; the strands of a stage are about different things and go on side by side, each fault after
 * the one before it.
 */
export const stages: readonly (readonly (readonly Fault[])[])[] = [
  [[targetGone]],
  [[brokerDown]],
  [[latency]],
  [[errorBurst], [quarantineGrowth], [diskFilling, diskFull]],
];
