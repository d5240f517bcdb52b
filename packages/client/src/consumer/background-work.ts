import type { Clock } from '@millrace/platform'
import { isRetriable } from '../cluster/retry.ts'
import type { Backoff } from '../connection/backoff.ts'

/** Work that a poll starts and does not wait for: one piece at a time, and after a failure the next only after a pause. */
export class BackgroundWork {
  private isBusy = false
  private failures = 0
  private retryAtMs = 0

  constructor(
    private readonly clock: Clock,
    private readonly backoff: Backoff,
    /** Called when a piece of work has ended; with what it failed with, if no retry mends that. */
    private readonly onEnd: (failure: Error | undefined) => void,
  ) {}

  /** After how many ms {@link start} would do something: 0 is now, infinity while work is under way, whose end is told. */
  get waitMs(): number {
    return this.isBusy ? Number.POSITIVE_INFINITY : Math.max(this.retryAtMs - this.clock.monotonicMs(), 0)
  }

  /** Only if {@link waitMs} is 0. */
  start(work: Promise<unknown>): void {
    this.isBusy = true
    work.then(
      () => {
        this.failures = 0
        this.ended(undefined)
      },
      (error: unknown) => {
        this.failures++
        this.retryAtMs = this.clock.monotonicMs() + this.backoff.delayMs(this.failures)
        this.ended(isRetriable(error) ? undefined : (error as Error))
      },
    )
  }

  private ended(failure: Error | undefined): void {
    this.isBusy = false
    this.onEnd(failure)
  }
}
