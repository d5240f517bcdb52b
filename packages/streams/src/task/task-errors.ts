import { StreamsError } from '../errors.ts'

/** A processor threw, and the processing exception handler chose to fail. The task must not go on. `cause` is its error. */
export class ProcessingFailedError extends StreamsError {
  override readonly code = 'PROCESSING_FAILED'
  constructor(
    readonly taskId: string,
    readonly processorName: string,
    override readonly cause: unknown,
  ) {
    super(`task ${taskId}, processor ${processorName}: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}
