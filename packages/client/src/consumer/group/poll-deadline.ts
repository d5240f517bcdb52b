/** `max.poll.interval.ms`: a member whose application does not poll makes room for others. */
import type { Timer, Timers } from '@millrace/platform'

export class PollDeadline {
  private timer: Timer | undefined

  constructor(
    private readonly timers: Timers,
    private readonly maxPollIntervalMs: number,
    private readonly onMissed: (reason: string) => void,
  ) {}

  /** The application is back, or there is nothing to wait for. */
  stop(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  start(): void {
    this.stop()
    this.timer = this.timers.after(this.maxPollIntervalMs, () =>
      this.onMissed(`no poll for ${this.maxPollIntervalMs} ms`),
    )
  }
}
