/** Waits until the reader of the log has applied everything below an offset. */
import type { Timer, Timers } from '@millrace/platform'
import { storeTimedOut } from '../subjects/registry-error.ts'

interface Waiter {
  readonly offset: number
  readonly timer: Timer
  resolve(): void
  reject(error: Error): void
}

export class OffsetWaiters {
  private readonly waiters = new Set<Waiter>()
  private position = 0
  private failure: Error | undefined

  constructor(private readonly timers: Timers) {}

  /** Everything below `offset` is applied. */
  advance(offset: number): void {
    this.position = Math.max(this.position, offset)
    for (const waiter of this.waiters) if (waiter.offset <= this.position) this.end(waiter, () => waiter.resolve())
  }

  /** Nothing more will be applied. */
  fail(error: Error): void {
    this.failure ??= error
    for (const waiter of this.waiters) this.end(waiter, () => waiter.reject(error))
  }

  /** Rejects with code 50002 after `timeoutMs`, or with what {@link fail} was given. */
  until(offset: number, timeoutMs: number): Promise<void> {
    if (this.position >= offset) return Promise.resolve()
    if (this.failure !== undefined) return Promise.reject(this.failure)
    return new Promise((resolve, reject) => {
      const timer = this.timers.after(timeoutMs, () => {
        const reason = `offset ${offset} was not read within ${timeoutMs} ms, the reader is at ${this.position}`
        this.end(waiter, () => reject(storeTimedOut(reason)))
      })
      const waiter: Waiter = { offset, timer, resolve, reject }
      this.waiters.add(waiter)
    })
  }

  private end(waiter: Waiter, settle: () => void): void {
    waiter.timer.cancel()
    this.waiters.delete(waiter)
    settle()
  }
}
