import { MillraceError } from '../errors/millrace-error.ts'

/** Bytes that are not a valid record batch. `baseOffset` is what the batch claims, null if it has no header. */
export class CorruptBatchError extends MillraceError {
  readonly code = 'CORRUPT_MESSAGE'
  constructor(
    readonly reason: string,
    readonly baseOffset: number | null = null,
    options?: ErrorOptions,
  ) {
    super(`corrupt record batch${baseOffset === null ? '' : ` at offset ${baseOffset}`}: ${reason}`, options)
  }
}
