/**
 * Turns a silent stall into an event: a partition that has something to fetch, and of which nothing has come for a while.
 * Whatever the cause (a broker that does not answer, a transaction that does not end, a bug), somebody hears of it.
 */
import type { Clock, Timer, Timers } from '@millrace/platform'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { AssignedPartition } from './assigned-partition.ts'

/** Looks this often in the time after which a partition counts as stalled. */
const LOOKS_PER_TIMEOUT = 2

export interface Stall extends TopicPartition {
  /** Without progress, ms. */
  readonly sinceMs: number
  /** Records between the position and the end of the log, −1 if that is not known. */
  readonly lag: number
}

export class ProgressWatchdog {
  private timer: Timer | undefined
  private readonly reportedMs = new WeakMap<AssignedPartition, number>()

  constructor(
    private readonly seams: { readonly clock: Clock; readonly timers: Timers },
    private readonly stallTimeoutMs: number,
    private readonly assignment: () => Iterable<AssignedPartition>,
    private readonly onStall: (stall: Stall) => void,
  ) {}

  /** Watches until {@link stop}. Idempotent. */
  start(): void {
    this.timer ??= this.seams.timers.after(this.stallTimeoutMs / LOOKS_PER_TIMEOUT, () => {
      this.timer = undefined
      this.look()
      this.start()
    })
  }
  stop(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  private look(): void {
    const nowMs = this.seams.clock.monotonicMs()
    for (const assigned of this.assignment()) {
      // What waits to be handed out waits for the application.
      if (assigned.isPaused || assigned.hasData || assigned.isAtEnd) {
        assigned.progressedMs = nowMs
        continue
      }
      const sinceMs = nowMs - Math.max(assigned.progressedMs, this.reportedMs.get(assigned) ?? 0)
      if (sinceMs < this.stallTimeoutMs) continue
      this.reportedMs.set(assigned, nowMs)
      const { topic, partition, lag } = assigned
      this.onStall({ topic, partition, sinceMs: nowMs - assigned.progressedMs, lag: lag ?? -1 })
    }
  }
}
