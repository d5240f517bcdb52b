import type { SeededRandom } from '@millrace/platform'

/** Kinds of trouble a run may have. */
export const FAULTS = [
  'broker killed',
  'broker loses power',
  'broker crashes inside a write',
  'broker stopped and started',
  'client killed',
  'bad network',
  'partition',
  'one-way partition',
  'slow disk',
  'full disk',
  'failing disk',
  'stall',
  'clock jump',
] as const
export type Fault = (typeof FAULTS)[number]

export interface PlannedFault {
  readonly kind: Fault
  readonly startMs: number
  readonly durationMs: number
}

/** Everything a seed decides before the run: how much is done, how it is configured, and what goes wrong when. */
export interface Scenario {
  readonly partitions: number
  readonly producers: number
  readonly consumers: number
  readonly recordsPerProducer: number
  /** Time between the sends of one producer, at most. */
  readonly longestPauseMs: number
  /** Size of the padding in each record, at most. */
  readonly longestPaddingBytes: number
  readonly lingerMs: number
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** Segments close after this time, whatever their size, which is never reached. */
  readonly segmentMs: number
  readonly indexIntervalBytes: number
  readonly rebalanceDelayMs: number
  /** `flush.messages`: 1 acknowledges what is durable. */
  readonly flushMessages: number
  readonly isIdempotent: boolean
  /** Instances of the counting application. */
  readonly applications: number
  /** They count by another key than the input's, and so through a repartition topic. */
  readonly isRekeyed: boolean
  readonly windowMs: number
  readonly commitIntervalMs: number
  readonly persistIntervalMs: number
  /** Members of the group that copies the input. */
  readonly copiers: number
  /** Copies and offsets are committed together. */
  readonly copiesInTransactions: boolean
  /** Trouble happens before this time; after it everything is well and the run has to come to an end. */
  readonly troubleMs: number
  readonly faults: readonly PlannedFault[]
}

const LONGEST_TROUBLE_MS = 40_000
const MOST_FAULTS = 12

export function chooseScenario(random: SeededRandom): Scenario {
  const troubleMs = random.between(2_000, LONGEST_TROUBLE_MS)
  const recordsPerProducer = random.between(10, 300)
  return {
    partitions: random.between(1, 4),
    producers: random.between(1, 3),
    consumers: random.between(1, 3),
    recordsPerProducer,
    // Some producers are done at once, some are at work until after the trouble.
    longestPauseMs: Math.floor((troubleMs / recordsPerProducer) * random.pick([0, 0.5, 2, 2.5])),
    longestPaddingBytes: random.pick([0, 100, 3_000]),
    lingerMs: random.pick([0, 5, 50]),
    compression: random.pick(['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd']),
    segmentMs: random.pick([300, 5_000, 1_000_000]),
    indexIntervalBytes: random.pick([0, 500, 4_096]),
    rebalanceDelayMs: random.pick([0, 500, 3_000]),
    flushMessages: 1,
    isIdempotent: true,
    applications: random.between(0, 2),
    isRekeyed: random.chance(0.4),
    windowMs: random.pick([500, 10_000]),
    commitIntervalMs: random.pick([20, 200, 2_000]),
    persistIntervalMs: random.pick([100, 1_000, 1_000_000]),
    copiers: random.split('copiers').pick([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
    copiesInTransactions: true,
    troubleMs,
    faults: chooseFaults(random, troubleMs),
  }
}

/** A swarm: a run has some of the kinds, so that it also gets to where a storm of all of them would never let it. */
function chooseFaults(random: SeededRandom, troubleMs: number): PlannedFault[] {
  const kinds = FAULTS.filter(() => random.chance(0.3))
  if (kinds.length === 0) return []
  return Array.from({ length: random.between(0, MOST_FAULTS) }, () => {
    const startMs = random.integer(troubleMs)
    return { kind: random.pick(kinds), startMs, durationMs: random.integer(Math.min(10_000, troubleMs - startMs)) }
  })
}
