import type { Timer, Timers } from '@millrace/platform'

/** Work that is done later, or again and again, until all of it is stopped. */
export class RecurringWork {
  private readonly armed = new Set<Timer>()
  private isStopped = false

  constructor(private readonly timers: Timers) {}

  after(delayMs: number, work: () => void): void {
    if (this.isStopped) return
    const timer = this.timers.after(delayMs, () => {
      this.armed.delete(timer)
      work()
    })
    this.armed.add(timer)
  }

  /** `intervalMs` from the end of one time to the beginning of the next. `work` deals with its own failures. */
  every(intervalMs: number, work: () => void | Promise<void>, firstDelayMs = intervalMs): void {
    this.after(firstDelayMs, async () => {
      await work()
      this.every(intervalMs, work)
    })
  }

  stop(): void {
    this.isStopped = true
    for (const timer of this.armed) timer.cancel()
    this.armed.clear()
  }
}
