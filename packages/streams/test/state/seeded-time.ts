import type { Random, Timers } from '@millrace/platform'

/** Timers that pass all waiting by: what was armed comes in the next turn, in the order it was armed. */
export const eagerTimers: Timers = {
  after(_, callback) {
    const handle = setImmediate(callback)
    return { cancel: () => clearImmediate(handle) }
  },
  soon: callback => void setImmediate(callback),
  sleep: () => new Promise(resolve => setImmediate(resolve)),
}

/** The same numbers for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    integer: bound => Math.floor(next() * bound),
    bytes: length => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
  }
}
