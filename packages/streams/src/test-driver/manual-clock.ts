import type { Clock } from '@millrace/platform'

/** Stands still until it is told to move. */
export class ManualClock implements Clock {
  #nowMs: number

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  advance(durationMs: number): void {
    this.#nowMs += durationMs
  }
}
