import { sleep } from '../sleep.ts'
import { LONGEST_DELAY_MS, type Timer, type Timers } from '../timers.ts'

/** Node's timers. An armed timer keeps the process alive, as in Node. */
export const realTimers: Timers = {
  after(delayMs, callback): Timer {
    const handle = setTimeout(callback, Math.min(delayMs, LONGEST_DELAY_MS))
    return { cancel: () => clearTimeout(handle) }
  },
  soon(callback) {
    setImmediate(callback)
  },
  sleep: (delayMs, signal) => sleep(realTimers, delayMs, signal),
}
