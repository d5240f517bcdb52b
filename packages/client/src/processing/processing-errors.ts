import { MillraceError } from '@millrace/protocol'
import { nameOfPartition } from '../cluster/topic-partition.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'

/** A record that could not be processed, with the strategy that this ends processing; `cause` is what its handler threw. */
export class ProcessingFailedError extends MillraceError {
  readonly code = 'PROCESSING_FAILED'
  constructor(
    readonly record: ConsumerRecord,
    readonly attempts: number,
    options: { readonly cause: unknown; readonly step?: string },
  ) {
    const { cause, step = 'processing' } = options
    const reason = cause instanceof Error ? cause.message : String(cause)
    super(
      `${step} of ${nameOfPartition(record)} at offset ${record.offset} failed after ${attempts} ` +
        `attempt${attempts === 1 ? '' : 's'}: ${reason}`,
      { cause },
    )
  }
}
