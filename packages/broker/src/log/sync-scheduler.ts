import type { Timers } from '@millrace/platform'

/**
 * Passes under way at once. The more there are, the more of them share a commit of the file system; but the thread pool that
 * runs them (4 threads by default) also reads old records and is shared with the state stores.
 */
const MAX_CONCURRENT_SYNCS = 3

/** What can be made durable. */
export interface SyncTarget {
  /** Syncs everything written so far. Deals with its own failure: never rejects. */
  sync(): Promise<void>
}

/**
 * Group commit. A log that has new records asks for a pass; all that is appended until the pass begins, in this turn of
 * the event loop or while other passes are under way, becomes durable with it. A log has one pass under way at a time; the
 * next group forms meanwhile. Logs are served in the order in which they asked.
 */
export class SyncScheduler {
  private readonly waiting = new Set<SyncTarget>()
  private readonly running = new Map<SyncTarget, Promise<void>>()
  private isWoken = false
  private isHalted = false

  constructor(private readonly timers: Timers) {}

  request(target: SyncTarget): void {
    this.waiting.add(target)
    if (this.isWoken) return
    this.isWoken = true
    this.timers.soon(() => {
      this.isWoken = false
      this.startPasses()
    })
  }

  /** Resolves when no pass of `target` is under way and none is asked for. */
  async idle(target: SyncTarget): Promise<void> {
    this.waiting.delete(target)
    await this.running.get(target)
    this.waiting.delete(target)
  }

  /** No further pass begins. */
  halt(): void {
    this.isHalted = true
    this.waiting.clear()
  }

  private startPasses(): void {
    for (const target of this.waiting) {
      if (this.isHalted || this.running.size >= MAX_CONCURRENT_SYNCS) return
      if (this.running.has(target)) continue
      this.waiting.delete(target)
      this.running.set(
        target,
        target.sync().then(() => {
          this.running.delete(target)
          this.startPasses()
        }),
      )
    }
  }
}
