/** Promises over the listener form: one per record, or one per call. */
import type { MillraceError } from '@millrace/protocol'
import type { AppendedRange, RecordMetadata, SendListener } from './producer-record.ts'

export class SingleSend implements SendListener {
  constructor(
    private readonly timestampMs: number,
    private readonly resolve: (metadata: RecordMetadata) => void,
    private readonly reject: (error: MillraceError) => void,
  ) {}

  acknowledged({ topic, partition, baseOffset, logAppendTimeMs }: AppendedRange): void {
    const timestampMs = logAppendTimeMs >= 0 ? logAppendTimeMs : this.timestampMs
    this.resolve({ topic, partition, offset: baseOffset, timestampMs })
  }
  failed(error: MillraceError): void {
    this.reject(error)
  }
}

/** Settles when the fate of all records is known; with the first failure if there was one. */
export class BatchSend implements SendListener {
  private readonly ranges: AppendedRange[] = []
  private failure: MillraceError | undefined

  constructor(
    private pending: number,
    private readonly resolve: (ranges: readonly AppendedRange[]) => void,
    private readonly reject: (error: MillraceError) => void,
  ) {}

  acknowledged(range: AppendedRange): void {
    this.ranges.push(range)
    this.settle(range.recordCount)
  }
  failed(error: MillraceError, { recordCount }: { recordCount: number }): void {
    this.failure ??= error
    this.settle(recordCount)
  }

  private settle(recordCount: number): void {
    this.pending -= recordCount
    if (this.pending > 0) return
    if (this.failure === undefined) this.resolve(this.ranges)
    else this.reject(this.failure)
  }
}
