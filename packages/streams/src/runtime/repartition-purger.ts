import { type Admin, nameOfPartition } from '@millrace/client'
import type { Clock } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import type { InputPosition } from '../state/manifest.ts'
import type { Logger } from './logger.ts'

export interface RepartitionPurgerOptions {
  readonly admin: Pick<Admin, 'deleteRecords'>
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalMs: number
  /** Names of the repartition topics; nobody but the application reads them. */
  readonly topics: ReadonlySet<string>
}

/** Deletes from repartition topics what was read and committed: they have no retention of their own. */
export class RepartitionPurger {
  readonly #options: RepartitionPurgerOptions
  #nextMs: number
  #isBusy = false
  /** By partition name: what was deleted already. */
  readonly #purgedTo = new Map<string, number>()

  constructor(options: RepartitionPurgerOptions) {
    this.#options = options
    this.#nextMs = options.clock.monotonicMs() + options.intervalMs
  }

  /** Starts deleting if it is time; nobody waits for it. What fails is tried again the next time. */
  turn(committed: Iterable<InputPosition>): void {
    const { clock, intervalMs, topics } = this.#options
    if (this.#isBusy || clock.monotonicMs() < this.#nextMs) return
    this.#nextMs = clock.monotonicMs() + intervalMs
    const due = [...committed].filter(
      at => topics.has(at.topic) && at.offset > (this.#purgedTo.get(nameOfPartition(at)) ?? 0),
    )
    if (due.length === 0) return
    this.#isBusy = true
    void this.#purge(due)
  }

  async #purge(positions: readonly InputPosition[]): Promise<void> {
    const { admin, logger } = this.#options
    try {
      await admin.deleteRecords(
        positions.map(({ topic, partition, offset }) => ({ topic, partition, beforeOffset: offset })),
      )
      for (const at of positions) this.#purgedTo.set(nameOfPartition(at), at.offset)
      this.#isBusy = false
    } catch (error) {
      const mayPass = error instanceof MillraceError && error.retriable
      logger.warn(`repartition topics are not purged${mayPass ? ' this time' : ''}: ${String(error)}`)
      this.#isBusy = !mayPass // What no retry mends is not tried again.
    }
  }
}
