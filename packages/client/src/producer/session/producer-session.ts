import type { MillraceError } from '@millrace/protocol'
import type { PartitionQueue } from '../partition-queue.ts'
import type { ProducerBatch } from '../producer-batch.ts'

/** In whose name batches are written, and which of them may go out now. */
export interface ProducerSession {
  /** For the requests; null outside of transactions. */
  readonly transactionalId: string | null
  /** Highest version of Produce to use; undefined: whatever the broker has. */
  readonly maxProduceVersion: number | undefined

  /**
   * May batches of `queue` go out now? Sees to it that the queue writes under the current producer epoch. When the
   * answer is no, `onNews` of the session is called once it may have changed.
   */
  admits(queue: PartitionQueue<ProducerBatch>): boolean

  /** Throws why no record may be sent now. */
  requireOpenForRecords(): void

  /** Records were given up for `error`. Returns what those who wait for them are told. */
  gaveUp(error: MillraceError, wasSent: boolean): MillraceError
}

/** Without idempotence: a retry may write a record twice. */
export const ANONYMOUS_SESSION: ProducerSession = {
  transactionalId: null,
  maxProduceVersion: undefined,
  admits: () => true,
  requireOpenForRecords: () => {},
  gaveUp: error => error,
}
