import type { Clock } from '@millrace/platform'
import type { Logger } from './logger.ts'
import type { TaskOpener } from './task-opener.ts'

const CHECK_INTERVAL_MS = 60_000

export interface StateCleanerOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly opener: Pick<TaskOpener, 'storedTaskIds' | 'discard'>
  readonly delayMs: number
}

/** Removes the state of tasks that have been running elsewhere for a while and may be kept no longer. */
export class StateCleaner {
  readonly #options: StateCleanerOptions
  #nextMs: number
  /** Monotonic time at which a task was first found to be elsewhere. */
  readonly #elsewhereSinceMs = new Map<string, number>()

  constructor(options: StateCleanerOptions) {
    this.#options = options
    this.#nextMs = options.clock.monotonicMs()
  }

  async turn(isHere: (taskId: string) => boolean): Promise<void> {
    const { clock, logger, opener, delayMs } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + Math.min(CHECK_INTERVAL_MS, delayMs)
    for (const taskId of opener.storedTaskIds()) {
      if (isHere(taskId)) this.#elsewhereSinceMs.delete(taskId)
      else if (!this.#elsewhereSinceMs.has(taskId)) this.#elsewhereSinceMs.set(taskId, nowMs)
      else if (nowMs - this.#elsewhereSinceMs.get(taskId)! >= delayMs) {
        await opener.discard(taskId)
        this.#elsewhereSinceMs.delete(taskId)
        logger.info(`task ${taskId}: its state is removed, the task has been elsewhere for ${delayMs} ms`)
      }
    }
  }
}
