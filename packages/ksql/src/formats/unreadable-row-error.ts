import { MillraceError } from '@millrace/protocol'

/** Bytes that are no row of their source: the record is skipped and logged. */
export class UnreadableRowError extends MillraceError {
  readonly code = 'UNREADABLE_ROW'
  constructor(
    readonly format: string,
    readonly reason: string,
  ) {
    super(`not readable as ${format}: ${reason}`)
  }
}
