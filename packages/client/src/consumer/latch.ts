import type { Timers } from '@millrace/platform'

/** Lets one waiter sleep until there is news. News that comes while nobody waits is kept for the next. */
export class Latch {
  private hasNews = false
  private wake: (() => void) | undefined

  constructor(private readonly timers: Timers) {}

  notify(): void {
    this.hasNews = true
    this.wake?.()
  }

  /** Resolves at news or after `timeoutMs`; rejects with the signal's reason. */
  async wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    if (!this.hasNews) {
      await new Promise<void>(resolve => {
        const timer = this.timers.after(timeoutMs, () => this.wake?.())
        this.wake = () => {
          timer.cancel()
          signal?.removeEventListener('abort', this.wake!)
          this.wake = undefined
          resolve()
        }
        signal?.addEventListener('abort', this.wake, { once: true })
      })
      signal?.throwIfAborted()
    }
    this.hasNews = false
  }
}
