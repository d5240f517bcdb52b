import { setTimeout as sleep } from 'node:timers/promises'

const INTERVAL_MS = 50

/** Resolves once `condition` holds. Rejects if it does not within `limitMs`, or throws then. */
export async function eventually(limitMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`not true after ${limitMs} ms: ${condition}`)
    await sleep(INTERVAL_MS)
  }
}
