import type { Timer, Timers } from '@millrace/platform'
import type { GroupTimer, TimerChange } from '../groups/decision.ts'

/** The armed timers of one group. */
export class GroupTimers {
  private readonly armed = new Map<string, Timer>()

  constructor(
    private readonly timers: Timers,
    private readonly fire: (timer: GroupTimer) => void,
  ) {}

  apply({ timer, afterMs, unlessArmed }: TimerChange): void {
    const key = 'memberId' in timer ? `${timer.kind}/${timer.memberId}` : timer.kind
    if (unlessArmed === true && this.armed.has(key)) return
    this.armed.get(key)?.cancel()
    this.armed.delete(key)
    if (afterMs === null) return
    this.armed.set(
      key,
      this.timers.after(afterMs, () => {
        this.armed.delete(key)
        this.fire(timer)
      }),
    )
  }

  cancelAll(): void {
    for (const timer of this.armed.values()) timer.cancel()
    this.armed.clear()
  }
}
