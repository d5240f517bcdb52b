import type { Clock } from '@millrace/platform'
import type { ActiveTask } from './active-task.ts'

export interface StatePersisterOptions {
  readonly clock: Clock
  readonly intervalMs: number
  /** Committed writes of all tasks that may wait in memory before they are persisted ahead of time. */
  readonly bufferBytes: number
}

/**
 * Writes committed state to disk while tasks go on: one task after the other, every few seconds or when much of it has
 * come together. A failed write ends the application; what was committed is in the changelogs.
 */
export class StatePersister {
  readonly #options: StatePersisterOptions
  #nextMs: number
  #round: Promise<void> | undefined
  #failure: unknown

  constructor(options: StatePersisterOptions) {
    this.#options = options
    this.#nextMs = options.clock.monotonicMs() + options.intervalMs
  }

  /** Starts a round if one is due. Waits only when writes come faster than they get to disk. Throws what a round failed with. */
  async turn(tasks: readonly ActiveTask[]): Promise<void> {
    this.#throwFailure()
    const { clock, intervalMs, bufferBytes } = this.#options
    const bytes = tasks.reduce((sum, { state }) => sum + state.persistent.committedBytes, 0)
    if (bytes > 2 * bufferBytes) await this.settle()
    if (this.#round !== undefined || (clock.monotonicMs() < this.#nextMs && bytes < bufferBytes)) return
    this.#nextMs = clock.monotonicMs() + intervalMs
    this.#round = this.#persist(tasks).then(
      () => {
        this.#round = undefined
      },
      (error: unknown) => {
        this.#round = undefined
        this.#failure = error
      },
    )
  }

  /** Waits for the round that is under way. Throws what it failed with. */
  async settle(): Promise<void> {
    await this.#round
    this.#throwFailure()
  }

  async #persist(tasks: readonly ActiveTask[]): Promise<void> {
    for (const { state } of tasks) await state.persistent.persist(this.#options.clock.nowMs())
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
