/** How well disk and network behave. Rates are probabilities per operation; changed at any time, they hold from then on. */
import type { SeededRandom } from './seeded-random.ts'

export interface DiskConditions {
  /** Least and greatest time of a sync or a read in the pool, microseconds. */
  readonly latencyUs: readonly [number, number]
  /** One operation in so many takes {@link slowUs} more. */
  readonly slowRate: number
  readonly slowUs: number
  readonly readErrorRate: number
  readonly writeErrorRate: number
  readonly syncErrorRate: number
  /** Writes beyond this many bytes in all files fail with `ENOSPC`. */
  readonly capacityBytes: number
}

export interface NetworkConditions {
  /** Least and greatest time of one way, microseconds. Connections overtake each other by the difference. */
  readonly latencyUs: readonly [number, number]
  readonly slowRate: number
  readonly slowUs: number
  /** Bytes of one write arrive in several pieces. */
  readonly splitRate: number
  /** The connection is reset; a part of the bytes under way may still arrive. */
  readonly resetRate: number
  /** The connection carries nothing more in this direction, and nobody is told. */
  readonly vanishRate: number
  /** A connection attempt is refused although somebody listens. */
  readonly refuseRate: number
}

export const CALM_DISK: DiskConditions = {
  latencyUs: [100, 1_000],
  slowRate: 0,
  slowUs: 0,
  readErrorRate: 0,
  writeErrorRate: 0,
  syncErrorRate: 0,
  capacityBytes: Infinity,
}

export const CALM_NETWORK: NetworkConditions = {
  latencyUs: [50, 500],
  slowRate: 0,
  slowUs: 0,
  splitRate: 0.1,
  resetRate: 0,
  vanishRate: 0,
  refuseRate: 0,
}

/**
 * A swarm: each kind of trouble is part of the mix or not, so that a seed also gets to where a constant storm of all of
 * them would never let it.
 */
export function troubledNetwork(random: SeededRandom): NetworkConditions {
  const sometimes = (rate: number) => (random.chance(0.5) ? rate * random.next() : 0)
  const shortestUs = random.between(10, 2_000)
  return {
    latencyUs: [shortestUs, shortestUs + random.between(0, 20_000)],
    slowRate: sometimes(0.05),
    slowUs: random.between(10_000, 2_000_000),
    splitRate: sometimes(1),
    resetRate: sometimes(0.02),
    vanishRate: sometimes(0.005),
    refuseRate: sometimes(0.5),
  }
}

/** Slow only: a disk that fails ends what runs on it, so errors are for the one who plans the run to choose. */
export function troubledDisk(random: SeededRandom): DiskConditions {
  const shortestUs = random.between(50, 2_000)
  return {
    ...CALM_DISK,
    latencyUs: [shortestUs, shortestUs + random.between(0, 30_000)],
    slowRate: random.chance(0.5) ? 0.1 * random.next() : 0,
    slowUs: random.between(10_000, 1_000_000),
  }
}

export function latencyUs(random: SeededRandom, conditions: DiskConditions | NetworkConditions): number {
  const [shortest, longest] = conditions.latencyUs
  return random.between(shortest, longest) + (random.chance(conditions.slowRate) ? conditions.slowUs : 0)
}
