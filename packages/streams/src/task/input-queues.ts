import type { InputQueue } from './input-queue.ts'

/** The inputs of a task, merged by timestamp as well as can be: the queue whose head is oldest goes first. */
export class InputQueues {
  readonly #queues: readonly InputQueue[]
  readonly #maxTaskIdleMs: number
  /** Since when only empty inputs that are at their end hold the others back. */
  #idleSinceMs: number | undefined

  /** @param queues of two equally old heads the one that is first here goes first */
  constructor(queues: readonly InputQueue[], maxTaskIdleMs: number) {
    this.#queues = queues
    this.#maxTaskIdleMs = maxTaskIdleMs
  }

  [Symbol.iterator](): Iterator<InputQueue> {
    return this.#queues[Symbol.iterator]()
  }

  of(topic: string): InputQueue | undefined {
    return this.#queues.find(queue => queue.topic === topic)
  }

  get size(): number {
    return this.#queues.reduce((size, queue) => size + queue.size, 0)
  }

  /**
   * The queue to take the next record from; undefined when there is none, or when an empty input is worth waiting for:
   * one that lags behind its end is always waited for, one at its end for `max.task.idle.ms`, and −1 waits for none.
   */
  next(nowMs: () => number): InputQueue | undefined {
    let oldest: InputQueue | undefined
    let someAreEmpty = false
    for (const queue of this.#queues) {
      if (queue.head === undefined) someAreEmpty = true
      else if (oldest === undefined || queue.head.timestampMs < oldest.head!.timestampMs) oldest = queue
    }
    if (oldest === undefined || !someAreEmpty) {
      this.#idleSinceMs = undefined
      return oldest
    }
    return this.#isWorthWaiting(nowMs) ? undefined : oldest
  }

  #isWorthWaiting(nowMs: () => number): boolean {
    if (this.#maxTaskIdleMs === -1) return false
    if (this.#queues.some(queue => queue.head === undefined && !queue.isAtEnd)) {
      this.#idleSinceMs = undefined
      return true
    }
    if (this.#maxTaskIdleMs === 0) return false
    this.#idleSinceMs ??= nowMs()
    return nowMs() - this.#idleSinceMs < this.#maxTaskIdleMs
  }
}
