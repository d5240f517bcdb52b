import type { Timer, Timers } from '@millrace/platform'
import type { GroupTimer, TimerChange } from '../groups/decision.ts'

/** The armed timers of one group. */
export class GroupTimers {
  private readonly armed = new Map<string, Timer>()

  constructor(
    private readonly timers: Timers,
    private readonly fire: (timer: GroupTimer) => void,
  ) {}

  apply({ timer, afterMs }: TimerChange): void {
    const key = timer.kind === 'member' ? `member/${timer.memberId}` : timer.kind
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
