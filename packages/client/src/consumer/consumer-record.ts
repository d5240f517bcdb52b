import type { LogRecord, RecordHeader } from '@millrace/protocol'

/** A record as it was fetched. Key, value and headers are made on access, as views of the fetched bytes. */
export class ConsumerRecord implements LogRecord {
  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly record: LogRecord,
  ) {}

  get offset(): number {
    return this.record.offset
  }
  get timestampMs(): number {
    return this.record.timestampMs
  }
  get key(): Buffer | null {
    return this.record.key
  }
  /** Null is a tombstone. */
  get value(): Buffer | null {
    return this.record.value
  }
  get headers(): readonly RecordHeader[] {
    return this.record.headers
  }
}

/** Records of one partition, in the order of the log. */
export interface FetchedBatch {
  readonly topic: string
  readonly partition: number
  /** Never empty. */
  readonly records: readonly ConsumerRecord[]
  /** Where reading goes on: behind the last record, and behind what follows it and is no record for users. */
  readonly nextOffset: number
  /** Under which the records were written; −1 if unknown. One batch has records of one epoch. */
  readonly leaderEpoch: number
  /** As of the fetch; `highWatermark − nextOffset` is the lag. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
}
