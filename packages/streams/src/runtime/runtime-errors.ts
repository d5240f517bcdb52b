import { StreamsError } from '../errors.ts'

/** A record could not be written. */
export class ProductionError extends StreamsError {
  override readonly code = 'PRODUCTION_FAILED'
  constructor(
    readonly topic: string,
    readonly partition: number,
    cause: Error,
  ) {
    super(`a record for ${topic}${partition < 0 ? '' : `-${partition}`} could not be written: ${cause.message}`, {
      cause,
    })
  }
}

/** A store cannot be read: it does not exist, is of another type, or its tasks are not running here. */
export class InvalidStateStoreError extends StreamsError {
  override readonly code = 'INVALID_STATE_STORE'
  constructor(
    readonly storeName: string,
    reason: string,
  ) {
    super(`store ${storeName} ${reason}`)
  }
}

/** A topic that the application reads has got more partitions: keys are in other ones now, and so is their state. */
export class NewPartitionsError extends StreamsError {
  override readonly code = 'NEW_PARTITIONS'
  constructor(
    readonly topic: string,
    readonly partitionCount: number,
  ) {
    super(
      `topic ${topic} had ${partitionCount} partitions and has more now: ` +
        'state by key does not fit any more; delete the internal topics and the state to start over',
    )
  }
}
