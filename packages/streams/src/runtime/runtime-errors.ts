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
